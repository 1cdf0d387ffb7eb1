import type { ComponentChildren } from "preact";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";
import { faultOf } from "./Field.tsx";
import { ProblemNote } from "./ProblemNote.tsx";
import { useAction } from "./use_action.ts";

export interface FormDialogProps {
  readonly title: string;
  /** What the button says. */
  readonly deed: string;
  readonly isWide?: boolean;
  /** Why it cannot be sent yet. */
  readonly why?: string;
  /** Resolves: the dialog closes. Rejects: it says why, at the field where there is one. */
  readonly run: () => Promise<unknown>;
  readonly onClose: () => void;
  /** Fields; `fault` says what the region thinks of one. */
  readonly children: (fault: (field: string) => string | undefined) => ComponentChildren;
}

/** Some fields and one deed. */
export function FormDialog(props: FormDialogProps) {
  const { title, deed, isWide, why, run, onClose, children } = props;
  const action = useAction(async () => {
    await run();
    onClose();
  });
  return (
    <Dialog
      title={title}
      isWide={isWide}
      onClose={onClose}
      onSubmit={() => {
        if (why === undefined) action.run();
      }}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy} why={why}>{deed}</Button>
        </>
      }
    >
      {children((field) => faultOf(action.problem, field))}
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}
