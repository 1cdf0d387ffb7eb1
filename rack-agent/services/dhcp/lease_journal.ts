import { nextSegmentOf } from "@/rack-agent/runtime/lease_files.ts";
import { LeaseRing, makeLeaseRing } from "@/rack-agent/runtime/lease_ring.ts";
import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import type { FromJournal, JournalStart } from "./lease_journal_worker.ts";

export interface LeaseJournalDeps {
  readonly basePath: string;
  readonly onNotStored: (cause: string) => void;
  readonly onSegmentClosed: (segment: number) => void;
  /** It cannot go on, and whoever writes to it should not either. */
  readonly onCrash: (reason: string) => void;
}

/**
 * The thread of the disk, for one run of the thread of the packets.
 *
 * It is opened here and not by the other thread, because a Worker that a Worker opens takes Deno a
 * second (2.9: half to load, half to hear its first message), and nobody gets a lease before.
 */
export class LeaseJournal {
  /** What both threads share, and the segment that this run appends to. */
  readonly start: JournalStart;
  readonly #committed = new EventCounter();

  constructor({ basePath, onNotStored, onSegmentClosed, onCrash }: LeaseJournalDeps) {
    this.start = {
      basePath,
      segment: nextSegmentOf(basePath),
      ring: makeLeaseRing(),
      committedFd: this.#committed.fd,
    };
    const worker = new Worker(new URL("./lease_journal_worker.ts", import.meta.url), {
      type: "module",
    });
    worker.onmessage = ({ data }: MessageEvent<FromJournal>) => {
      if (data.kind === "failed") onNotStored(data.message);
      else if (data.kind === "segment_closed") onSegmentClosed(data.segment);
      else this.#committed.close(); // not before: it would write to whatever has that number then
    };
    worker.onerror = (event) => {
      event.preventDefault();
      onCrash(event.message);
    };
    worker.postMessage(this.start);
  }

  /** What was published is still stored. Safe to call twice. */
  end(): void {
    new LeaseRing(this.start.ring).abandon();
  }
}
