import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import { SEGMENT_BYTES_MAX, segmentPath, syncFolder } from "@/rack-agent/runtime/lease_files.ts";
import { LeaseRing } from "@/rack-agent/runtime/lease_ring.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import { workerScope } from "@/rack-agent/runtime/worker_scope.ts";

/**
 * The thread that writes leases to disk: what arrived while one sync ran shares the next one. It
 * waits in the ring and hears no messages after the first.
 */
export interface JournalStart {
  readonly basePath: string;
  readonly segment: number;
  readonly ring: SharedArrayBuffer;
  /** Of the counter that tells the other thread to look at what is on disk. */
  readonly committedFd: number;
}

export type FromJournal =
  | { readonly kind: "failed"; readonly message: string }
  /** This segment and those before it can be merged. */
  | { readonly kind: "segment_closed"; readonly segment: number }
  /** It uses nothing any more. */
  | { readonly kind: "ended" };

const scope = workerScope<JournalStart, FromJournal>();

scope.onmessage = ({ data }) => {
  const ring = new LeaseRing(data.ring);
  try {
    const file = tryToOpen(data, ring);
    if (file) store(data, ring, file);
  } finally {
    scope.postMessage({ kind: "ended" });
    scope.close();
  }
};

function tryToOpen({ basePath, segment }: JournalStart, ring: LeaseRing): Deno.FsFile | undefined {
  try {
    return openSegment(basePath, segment);
  } catch (error) {
    ring.refuseStore(errorText(error));
    return undefined;
  }
}

function store(
  { basePath, segment, committedFd }: JournalStart,
  ring: LeaseRing,
  firstFile: Deno.FsFile,
): void {
  const committed = new EventCounter(committedFd);
  let file = firstFile;
  let number = segment;
  let tail = ring.committed;
  let sizeBytes = 0;
  ring.openStore();
  const nextSegment = () => {
    file.close();
    number += 1;
    file = openSegment(basePath, number);
    sizeBytes = 0;
    scope.postMessage({ kind: "segment_closed", segment: number - 1 });
  };
  for (let lines = ring.next(tail); lines; lines = ring.next(tail)) {
    try {
      if (sizeBytes > SEGMENT_BYTES_MAX) nextSegment();
      for (let done = 0; done < lines.length;) done += file.writeSync(lines.subarray(done));
      file.syncDataSync();
      sizeBytes += lines.length;
      tail = (tail + lines.length) | 0;
      ring.commit(tail);
      committed.add();
    } catch (error) {
      scope.postMessage({ kind: "failed", message: errorText(error) });
      ring.fail();
      committed.add();
      if (!ring.waitForReset()) break;
      sizeBytes = Infinity; // the file may end in part of a line: the next begins a fresh one
    }
  }
  file.close();
  ring.closeStore();
}

function openSegment(basePath: string, number: number): Deno.FsFile {
  const path = segmentPath(basePath, number);
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  syncFolder(path);
  return file;
}
