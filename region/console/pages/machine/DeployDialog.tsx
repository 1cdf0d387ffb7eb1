import { useEffect, useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { act, type ActionBody, previewAction } from "../../api/machine_actions.ts";
import type { Preview } from "../../api/machine_actions.ts";
import { ApiError, toProblem } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { askedText, deployText } from "../../strings/machine.ts";
import { ACTION_NAMES, bulkText } from "../../strings/machines.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { CheckField, TextField } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { Note, ProblemNote, Waiting } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { ImageField } from "./ActionFields.tsx";
import { LayoutField } from "./LayoutField.tsx";
import { checkUserData, type UserDataCheck } from "./user_data.ts";
import type { Machine } from "./why_not.ts";

const CHECK_AFTER_MS = 300;
const USER_DATA_EXAMPLE = "#cloud-config\npackages:\n  - jq\n";

/** Everything that a deploy is asked with, and what it would do, before it does. */
export function DeployDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { systemId, hostname, architecture } = machine;
  const [imageId, setImageId] = useState(machine.imageId ?? "");
  const [hasOtherKeys, setOtherKeys] = useState(false);
  const [keys, setKeys] = useState("");
  const [userData, setUserData] = useState("");
  const [comment, setComment] = useState("");
  const check = useUserDataCheck(userData);
  const body: ActionBody = {
    ...(imageId ? { imageId } : {}),
    ...(hasOtherKeys ? { sshKeys: keys.split("\n").map((key) => key.trim()).filter(Boolean) } : {}),
    ...(userData.trim() ? { userData } : {}),
    ...(comment.trim() ? { comment: comment.trim() } : {}),
  };
  const preview = usePreview(systemId, body, imageId !== "");
  const action = useAction(async () => {
    await act(systemId, "deploy", body);
    refresh("/machines/:systemId", { systemId });
    toast("good", askedText("deploy", ACTION_NAMES.deploy, hostname));
    onClose();
  });
  const fault = check.kind === "fault" ? `${words.line(check.line)} ${check.message}` : undefined;
  return (
    <Dialog
      title={deployText.title(hostname)}
      isWide
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <span class="left muted small">{deployText.loses}</span>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button
            type="submit"
            kind="primary"
            isBusy={action.isBusy}
            why={fault ?? (preview.problem ? deployText.refused : undefined)}
          >
            {deployText.deploy}
          </Button>
        </>
      }
    >
      <section class="stack">
        <h3>{deployText.steps[0]}</h3>
        <div class="pair">
          <ImageField value={imageId} architecture={architecture} onChange={setImageId} />
          <LayoutField machine={machine} mayChange />
        </div>
        <Network machine={machine} onLeave={onClose} />
      </section>
      <section class="stack">
        <h3>{deployText.steps[1]}</h3>
        <Keys
          hasOtherKeys={hasOtherKeys}
          keys={keys}
          onOtherKeys={setOtherKeys}
          onKeys={setKeys}
        />
        <TextField
          label={deployText.userData}
          hint={check.kind === "ok"
            ? deployText.userDataOk(plural(check.lines, "line"))
            : deployText.userDataHint}
          fault={fault}
          value={userData}
          onInput={setUserData}
          placeholder={USER_DATA_EXAMPLE}
          rows={7}
          isMono
        />
        <TextField
          label={bulkText.comment}
          hint={bulkText.commentHint}
          value={comment}
          onInput={setComment}
        />
      </section>
      <section class="stack">
        <h3>{deployText.steps[2]}</h3>
        {preview.problem
          ? <ProblemNote problem={preview.problem} />
          : preview.data
          ? <Plan preview={preview.data} />
          : <Waiting />}
      </section>
      {preview.problem ? null : <ProblemNote problem={action.problem} />}
    </Dialog>
  );
}

function Network({ machine, onLeave }: { machine: Machine; onLeave: () => void }) {
  const links = machine.interfaces.flatMap(({ name, links }) =>
    links.map(({ ip, cidr, mode }) => `${name}: ${ip ?? cidr ?? ""} ${mode}`)
  );
  return (
    <p>
      <span class="muted">{deployText.network}:</span>{" "}
      {links.length > 0 ? links.join("; ") : "DHCP"}{" "}
      <Link href={paths.machine(machine.systemId, "network")} onClick={onLeave}>
        {deployText.networkAs}
      </Link>
    </p>
  );
}

function Keys(
  { hasOtherKeys, keys, onOtherKeys, onKeys }: {
    hasOtherKeys: boolean;
    keys: string;
    onOtherKeys: (on: boolean) => void;
    onKeys: (text: string) => void;
  },
) {
  const { data } = useApi("/ssh-keys");
  const mine = data?.sshKeys ?? [];
  return (
    <div class="stack tight">
      <h4 class="label">{deployText.keys}</h4>
      {!hasOtherKeys && data
        ? mine.length === 0 ? <Note tone="caution">{deployText.noKeys}</Note> : (
          <p class="muted">
            {deployText.myKeys(String(mine.length))}:{" "}
            {mine.map(({ id, comment, fingerprint }) => comment || fingerprint || id).join(", ")}
          </p>
        )
        : null}
      <CheckField label={deployText.otherKeys} checked={hasOtherKeys} onChange={onOtherKeys} />
      {hasOtherKeys
        ? (
          <TextField
            label={deployText.keys}
            hint={deployText.keysHint}
            value={keys}
            onInput={onKeys}
            rows={3}
            isMono
          />
        )
        : null}
    </div>
  );
}

function Plan({ preview: { work } }: { preview: Preview }) {
  if (!work) return null;
  return (
    <>
      <p>
        <span class="muted">{deployText.phases}:</span> {work.phases.join(" → ")}
      </p>
      {work.installScript === null ? <p class="muted">{deployText.noPlan}</p> : (
        <details>
          <summary>{deployText.preview}</summary>
          <div class="stack tight">
            <p class="muted small">{deployText.previewLead}</p>
            <pre class="code-block" tabIndex={0}>{work.installScript}</pre>
          </div>
        </details>
      )}
    </>
  );
}

function useUserDataCheck(text: string): UserDataCheck {
  const [check, setCheck] = useState<UserDataCheck>({ kind: "empty" });
  useEffect(() => {
    let isLeft = false;
    const timer = setTimeout(() => {
      checkUserData(text).then((next) => {
        if (!isLeft) setCheck(next);
      });
    }, CHECK_AFTER_MS);
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [text]);
  return check;
}

/** The region's own dry run, asked again when the options change or the layout does. */
function usePreview(systemId: string, body: ActionBody, isReady: boolean) {
  const [state, setState] = useState<
    { data?: Preview; problem?: ReturnType<typeof toProblem> }
  >({});
  const { data: storage } = useApi("/machines/:systemId/storage", { param: { systemId } });
  const key = JSON.stringify([body, storage?.version, isReady]);
  useEffect(() => {
    if (!isReady) return;
    const left = new AbortController();
    const timer = setTimeout(() => {
      previewAction(systemId, "deploy", body, left.signal).then(
        (data) => setState({ data }),
        (error) => {
          if (error instanceof ApiError) setState({ problem: toProblem(error) });
        },
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [key]);
  return state;
}
