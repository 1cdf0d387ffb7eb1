import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { sitesText } from "../../strings/sites.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { CheckField, faultOf, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";

export function AddSiteDialog({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [enlist, setEnlist] = useState(true);
  const action = useAction(async () => {
    const site = await api.post("/sites", { json: { name: name.trim(), enlist } });
    refresh("/sites");
    onClose();
    navigate(paths.site(site.id));
  });
  return (
    <Dialog
      title={sitesText.add}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{sitesText.add}</Button>
        </>
      }
    >
      <TextField
        label={sitesText.name}
        hint={sitesText.nameHint}
        fault={faultOf(action.problem, "name")}
        value={name}
        onInput={setName}
        isFirst
        hasNoMemory
      />
      <CheckField
        label={sitesText.takeIn}
        hint={sitesText.takeInHint}
        checked={enlist}
        onChange={setEnlist}
      />
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}
