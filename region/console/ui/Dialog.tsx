import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Buttons, the one that does it last. */
  readonly foot?: ComponentChildren;
  readonly isWide?: boolean;
  readonly onClose: () => void;
  /** Makes it a form. */
  readonly onSubmit?: () => void;
}

/** A modal dialog: the browser keeps the focus in it and gives it back, and Escape closes it. */
export function Dialog({ title, children, foot, isWide, onClose, onSubmit }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const inside = (
    <>
      <div class="dialog-head">
        <h2 id={titleId} class="grow">{title}</h2>
        <Button kind="quiet" icon="close" isSmall label={words.close} onClick={onClose} />
      </div>
      {/* Scrolls, so it must be reachable by keys. */}
      <div class="dialog-body" tabIndex={-1}>{children}</div>
      {foot ? <div class="dialog-foot">{foot}</div> : null}
    </>
  );
  return (
    <dialog
      ref={ref}
      class={isWide ? "dialog wide" : "dialog"}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      {onSubmit
        ? (
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              onSubmit();
            }}
          >
            {inside}
          </form>
        )
        : <div class="dialog-body-wrap">{inside}</div>}
    </dialog>
  );
}
