import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { act } from "../../api/machine_actions.ts";
import { refresh } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { bmcText } from "../../strings/bmc.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { CopyButton } from "../../ui/CopyField.tsx";
import { Facts } from "../../ui/Page.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { changedCertificate, formatFingerprint } from "./bmc_form.ts";
import type { Machine } from "./why_not.ts";

/** A BMC that shows another certificate: both of them, and taking the new one for good. */
export function CertificateNote({ machine, me }: { machine: Machine; me: Me }) {
  const [isAccepting, setAccepting] = useState(false);
  const changed = changedCertificate(machine);
  if (!changed) return null;
  const { systemId, hostname, version } = machine;
  const accept = async () => {
    await api.post("/machines/:systemId/accept-bmc-certificate", {
      param: { systemId },
      json: { sha256: changed.shown },
      ifMatch: version,
    });
    toast("good", bmcText.accepted(hostname));
    // Whether it answers now is what one wants to know next; that it cannot be asked is no failure.
    await act(systemId, "power_query").catch(() => {});
    refresh("/machines/:systemId", { systemId });
  };
  return (
    <Note
      tone="bad"
      more={
        <div class="stack">
          <p>{bmcText.changedLead}</p>
          <Facts
            items={[
              [bmcText.changedPinned, <Fingerprint key="p" sha256={changed.pinned} />],
              [bmcText.changedShown, <Fingerprint key="s" sha256={changed.shown} isNew />],
            ]}
          />
          {me.actingRole === "admin"
            ? (
              <div>
                <Button onClick={() => setAccepting(true)}>{bmcText.accept}</Button>
              </div>
            )
            : <p>{bmcText.acceptRole}</p>}
        </div>
      }
    >
      <strong>{bmcText.changedTitle}</strong>
      {isAccepting
        ? (
          <ConfirmDialog
            title={bmcText.acceptTitle(hostname)}
            deed={bmcText.accept}
            isDangerous
            run={accept}
            onClose={() => setAccepting(false)}
          >
            <p>{bmcText.acceptText}</p>
            <Fingerprint sha256={changed.shown} />
          </ConfirmDialog>
        )
        : null}
    </Note>
  );
}

function Fingerprint({ sha256, isNew }: { sha256: string; isNew?: boolean }) {
  return (
    <span class="row tight">
      <code class="wrap small">{formatFingerprint(sha256)}</code>
      {isNew ? <CopyButton text={sha256} what={bmcText.changedShown} /> : null}
    </span>
  );
}
