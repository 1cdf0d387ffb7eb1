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
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "segment_closed"; readonly segment: number }
  | { readonly kind: "ended" };

const scope = workerScope<JournalStart, FromJournal>();

scope.onmessage = ({ data }) => {
  try {
    store(data);
  } finally {
    scope.postMessage({ kind: "ended" });
    scope.close();
  }
};

function store({ basePath, segment, ring: shared, committedFd }: JournalStart): void {
  const ring = new LeaseRing(shared);
  const committed = new EventCounter(committedFd);
  let file = openSegment(basePath, segment);
  let number = segment;
  let tail = ring.committed;
  let sizeBytes = 0;
  scope.postMessage({ kind: "ready" });
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
}

function openSegment(basePath: string, number: number): Deno.FsFile {
  const path = segmentPath(basePath, number);
  const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  syncFolder(path);
  return file;
}
