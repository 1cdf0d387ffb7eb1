import { useEffect, useRef } from "preact/hooks";

export interface Shortcut {
  /** `j`, `Enter`, `mod+k` (⌘ or Ctrl), `g m` (one after the other). */
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
  /** Also while text is typed. */
  readonly always?: boolean;
  readonly isEverywhere?: boolean;
}

/** The innermost page's last, whose keys go first. */
const layers: { current: readonly Shortcut[] }[] = [];
const SEQUENCE_MS = 900;
let begun: { key: string; atMs: number } | undefined;

/** Keys that work while the component is there. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const layer = useRef(shortcuts);
  layer.current = shortcuts;
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, []);
}

/** All that work now, those of the page first. */
export function shortcutsNow(): readonly Shortcut[] {
  return layers.toReversed().flatMap(({ current }) => current);
}

export function listenForShortcuts(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const isTyping = isTextTarget(event.target);
    const isModal = document.querySelector("dialog[open]") !== null;
    const key = nameOf(event);
    const sequence = begun && event.timeStamp - begun.atMs < SEQUENCE_MS
      ? `${begun.key} ${key}`
      : "";
    begun = undefined;
    const usable = shortcutsNow().filter(({ always }) => always || (!isTyping && !isModal));
    const found = usable.find(({ keys }) => keys === sequence) ??
      usable.find(({ keys }) => keys === key);
    if (found) {
      event.preventDefault();
      return found.run();
    }
    if (usable.some(({ keys }) => keys.startsWith(`${key} `))) {
      begun = { key, atMs: event.timeStamp };
    }
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

export function nameOf(
  { key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
): string {
  const mod = ctrlKey || metaKey ? "mod+" : altKey ? "alt+" : "";
  return mod + (key.length === 1 && mod ? key.toLowerCase() : key);
}

function isTextTarget(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement &&
    !["checkbox", "radio", "button"].includes(target.type);
}

/** As people read it. */
export function spell(keys: string): string[] {
  const isMac = /mac/i.test(navigator.platform);
  return keys.split(" ").map((key) =>
    key.replace("mod+", isMac ? "⌘" : "Ctrl ").replace(
      /[a-z]$/,
      (letter) => key.includes("mod+") ? letter.toUpperCase() : letter,
    )
  );
}
