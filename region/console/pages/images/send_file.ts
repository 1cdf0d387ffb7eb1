import { sha256 } from "@noble/hashes/sha2.js";
import type { OutputOf } from "../../api/api_schema.ts";
import { api, ApiError, ask } from "../../api/client.ts";

type ImageFile = OutputOf<"/image-files/:sha256", "get">;

/** How far a file is: first it is read once for its hash, then what the region lacks is sent. */
export interface FileProgress {
  readonly stage: "hashing" | "sending" | "checking";
  /** Read, or there. */
  readonly bytes: number;
}

interface Watch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FileProgress) => void;
}

const TRIES_MAX = 6;
const RETRY_MS = 1500;
/** A link with much delay is filled by a few at once; more would only take memory. */
const AT_ONCE = 3;
/** Nobody sees more of a hash's progress than this. */
const TELL_BYTES = 8 * 1024 ** 2;

/**
 * Brings a file to the region and returns its SHA-256. What is there already is not sent again, so
 * the same file once more goes on where it was. Throws an `ApiError`, or the signal's reason.
 */
export async function sendFile(file: File, watch: Watch): Promise<string> {
  const hash = await hashFile(file, watch);
  const upload = await api.post("/image-files", { json: { sha256: hash, bytes: file.size } });
  if (upload.isComplete) return hash;
  await sendParts(file, upload, watch);
  watch.onProgress({ stage: "checking", bytes: file.size });
  await api.post("/image-files/:sha256/complete", {
    param: { sha256: hash },
    signal: watch.signal,
  });
  return hash;
}

/** Not by the browser's own: that wants the whole file at once, and exists over https only. */
async function hashFile(file: File, { signal, onProgress }: Watch): Promise<string> {
  const hash = sha256.create();
  const reader = file.stream().getReader();
  let bytes = 0;
  let toldBytes = -TELL_BYTES;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    signal.throwIfAborted();
    hash.update(read.value);
    bytes += read.value.length;
    if (bytes - toldBytes < TELL_BYTES) continue;
    toldBytes = bytes;
    onProgress({ stage: "hashing", bytes });
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sendParts(file: File, upload: ImageFile, watch: Watch): Promise<void> {
  const { sha256: hash, partBytes, missingParts } = upload;
  const waiting = [...missingParts];
  const partOf = (number: number) => file.slice(number * partBytes, (number + 1) * partBytes);
  let there = file.size - missingParts.reduce((sum, number) => sum + partOf(number).size, 0);
  const tell = () => watch.onProgress({ stage: "sending", bytes: there });
  tell();
  const others = new AbortController();
  const signal = AbortSignal.any([watch.signal, others.signal]);
  const sender = async () => {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const bytes = partOf(number);
      const param = { sha256: hash, number };
      const path = "/image-files/:sha256/parts/:number";
      await retried(() => ask("PUT", path, { param, bytes, signal }), signal);
      there += bytes.size;
      tell();
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  } finally {
    others.abort(); // one that failed ends them all
  }
}

/** A link that breaks for a moment must not cost what was sent; a refusal stays one. */
async function retried<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const isRefusal = error instanceof ApiError &&
        error.problem.status >= 400 && error.problem.status < 500;
      if (isRefusal || tries === TRIES_MAX) throw error;
      await pause(RETRY_MS * tries, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
  signal.throwIfAborted();
}
