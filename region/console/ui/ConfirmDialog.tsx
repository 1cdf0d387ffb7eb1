import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";
import { TextField } from "./Field.tsx";
import { ProblemNote } from "./ProblemNote.tsx";
import { useAction } from "./use_action.ts";

export interface ConfirmDialogProps {
  readonly title: string;
  /** What will happen, and what is lost. */
  readonly children?: ComponentChildren;
  /** What the button says: the deed itself, not "OK". */
  readonly deed: string;
  readonly isDangerous?: boolean;
  /** What is lost for good is typed out first. */
  readonly typed?: string;
  readonly run: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before it is done, in proportion to the damage: a button, a red one, a name to type. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, deed, isDangerous, typed, run, onClose } = props;
  const [text, setText] = useState("");
  const action = useAction(async () => {
    await run();
    onClose();
  });
  const isTyped = typed === undefined || text.trim() === typed;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => {
        if (isTyped) action.run();
      }}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button
            type="submit"
            kind={isDangerous ? "danger" : "primary"}
            isBusy={action.isBusy}
            why={isTyped ? undefined : words.typeFirst(typed)}
          >
            {deed}
          </Button>
        </>
      }
    >
      {children}
      {typed === undefined ? null : (
        <TextField
          label={words.typeToConfirm(typed)}
          value={text}
          onInput={setText}
          isMono
          hasNoMemory
        />
      )}
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}
