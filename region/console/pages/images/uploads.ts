import type { Problem } from "@/shared/contract/problem.ts";
import type { UploadRole } from "@/shared/machine/role_of_name.ts";
import type { InputOf } from "../../api/api_schema.ts";
import { api, toProblem } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { createStore } from "../../api/store.ts";
import { uploadText } from "../../strings/images.ts";
import { toast } from "../../ui/toasts.ts";
import { type FileProgress, sendFile } from "./send_file.ts";

type NewImage = InputOf<"/images", "post">["json"];

/** An image as somebody described it, and its files on their computer. */
export interface Wanted {
  readonly image: Omit<NewImage, "files">;
  readonly files: readonly { readonly role: UploadRole; readonly file: File }[];
}

/** One upload, from the press of the button on. */
export interface Upload extends Wanted {
  readonly id: number;
  readonly state: "running" | "done" | "failed" | "stopped";
  /** The file that is at work, and how far it is. */
  readonly now?: FileProgress & { readonly file: File };
  /** Why it failed. */
  readonly problem?: Problem;
}

/** They go on while one looks at other pages, and end with the window. */
export const uploads = createStore<readonly Upload[]>([]);

const stops = new Map<number, AbortController>();
let lastId = 0;

export function startUpload(wanted: Wanted): void {
  const id = ++lastId;
  uploads.set([...uploads.get(), { ...wanted, id, state: "running" }]);
  void carryOut(id, wanted);
}

/** What was sent stays for a while, so the same again goes on from there. */
export function stopUpload(id: number): void {
  stops.get(id)?.abort();
}

/** Goes on with one that failed or was stopped. */
export function resumeUpload({ id, image, files }: Upload): void {
  change(id, { state: "running", now: undefined, problem: undefined });
  void carryOut(id, { image, files });
}

export function forgetUpload(id: number): void {
  uploads.set(uploads.get().filter((upload) => upload.id !== id));
}

async function carryOut(id: number, { image, files }: Wanted): Promise<void> {
  const stop = new AbortController();
  stops.set(id, stop);
  guardWindow();
  try {
    const sent = [];
    for (const { role, file } of files) {
      const onProgress = (now: FileProgress) => change(id, { now: { ...now, file } });
      const sha256 = await sendFile(file, { signal: stop.signal, onProgress });
      sent.push({ role, sha256 });
    }
    await api.post("/images", { json: { ...image, files: sent } });
    change(id, { state: "done", now: undefined });
    refresh("/images");
    toast("good", uploadText.done(image.title ?? image.name));
  } catch (error) {
    if (stop.signal.aborted) change(id, { state: "stopped" });
    else change(id, { state: "failed", problem: toProblem(error) });
  } finally {
    stops.delete(id);
    guardWindow();
  }
}

function change(id: number, changed: Partial<Upload>): void {
  uploads.set(uploads.get().map((upload) => upload.id === id ? { ...upload, ...changed } : upload));
}

/** The browser asks before it closes a window that still sends. */
function guardWindow(): void {
  if (stops.size > 0) globalThis.addEventListener("beforeunload", ask);
  else globalThis.removeEventListener("beforeunload", ask);
}

function ask(event: Event): void {
  event.preventDefault();
}
