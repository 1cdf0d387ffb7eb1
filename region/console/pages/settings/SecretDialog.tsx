import { settingsText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyField } from "../../ui/CopyField.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Note } from "../../ui/ProblemNote.tsx";

/** A secret that was made just now: nobody can read it again. */
export function SecretDialog(
  { title, what, secret, howTo, onClose }: {
    title: string;
    what: string;
    secret: string;
    howTo: string;
    onClose: () => void;
  },
) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={<Button kind="primary" onClick={onClose}>{words.close}</Button>}
    >
      <Note tone="caution">{settingsText.shownOnce}</Note>
      <CopyField text={secret} what={what} />
      <p class="muted">{howTo}</p>
    </Dialog>
  );
}
