import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { sitesText } from "../../strings/sites.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { faultOf, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import type { Site } from "./SitesPage.tsx";

export function RenameDialog({ site, onClose }: { site: Site; onClose: () => void }) {
  const [name, setName] = useState(site.name);
  const action = useAction(async () => {
    await api.patch("/sites/:siteId", {
      param: { siteId: site.id },
      json: { name: name.trim() },
      ifMatch: site.version,
    });
    refresh("/sites");
    onClose();
  });
  return (
    <Dialog
      title={sitesText.renameTitle}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{sitesText.rename}</Button>
        </>
      }
    >
      <TextField
        label={sitesText.name}
        value={name}
        onInput={setName}
        fault={faultOf(action.problem, "name")}
        isFirst
        hasNoMemory
      />
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}
