import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { scanText } from "../../strings/bmc.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";

/** Asks the site's agent to look through a network. */
export function ScanDialog({ siteId, onClose }: { siteId: string; onClose: () => void }) {
  const [cidr, setCidr] = useState("");
  return (
    <FormDialog
      title={scanText.start}
      deed={scanText.start}
      run={async () => {
        await api.post("/sites/:siteId/bmc-scans", {
          param: { siteId },
          json: { cidr: cidr.trim() },
        });
        refresh("/sites/:siteId/bmc-scans", { siteId });
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <p class="muted">{scanText.lead}</p>
          <TextField
            label={scanText.network}
            hint={scanText.networkHint}
            value={cidr}
            fault={fault("cidr")}
            onInput={setCidr}
            isMono
            isFirst
            hasNoMemory
          />
        </>
      )}
    </FormDialog>
  );
}
