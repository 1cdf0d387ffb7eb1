import { createStore } from "../api/store.ts";
import { toProblem } from "../api/client.ts";
import type { Tone } from "./ProblemNote.tsx";

export interface Toast {
  readonly id: number;
  readonly tone: Tone;
  readonly text: string;
  /** What can still be done about it, such as undo. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

export const toasts = createStore<readonly Toast[]>([]);

const AT_ONCE_MAX = 4;
const SHOWN_MS = 6000;
/** Whoever has something to decide, or something to read, gets longer. */
const SHOWN_LONGER_MS = 12_000;
let lastId = 0;

export function toast(tone: Tone, text: string, action?: Toast["action"]): void {
  const id = ++lastId;
  toasts.set([...toasts.get(), { id, tone, text, action }].slice(-AT_ONCE_MAX));
  const isLong = action !== undefined || tone === "bad";
  setTimeout(() => dropToast(id), isLong ? SHOWN_LONGER_MS : SHOWN_MS);
}

/** For what fails where there is no better place to say so. */
export function toastError(error: unknown): void {
  toast("bad", toProblem(error).detail);
}

export function dropToast(id: number): void {
  toasts.set(toasts.get().filter((each) => each.id !== id));
}
