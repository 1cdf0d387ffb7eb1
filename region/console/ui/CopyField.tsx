import { useState } from "preact/hooks";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";
import { toast } from "./toasts.ts";

const SHOWN_MS = 1500;

/** A command or a key, to be copied with one press. */
export function CopyField({ text, what }: { text: string; what: string }) {
  return (
    <div class="copy-field">
      {/* It scrolls, so keys must reach it. */}
      <code tabIndex={0} aria-label={what}>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [isDone, setDone] = useState(false);
  return (
    <Button
      isSmall
      icon={isDone ? "check" : "copy"}
      title={words.copyOf(what)}
      onClick={async () => {
        await copyText(text);
        setDone(true);
        toast("good", words.copied);
        setTimeout(() => setDone(false), SHOWN_MS);
      }}
    >
      {isDone ? words.copied : words.copy}
    </Button>
  );
}

/** Over plain http there is no clipboard but the old way. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
