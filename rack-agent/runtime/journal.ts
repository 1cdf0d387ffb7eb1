import { AnyFact, KnownFact, type NewFact } from "@/shared/contract/facts.ts";
import { readTextIfPresent, writeFileAtomic } from "./atomic_file.ts";
import type { Clock } from "./clock.ts";

/** Facts that may be dropped, oldest first, when the region stays away for very long. */
const DETAIL_KINDS = new Set([
  ...["file.served", "lease.given", "lease.ended", "boot.offered"],
  ...["power.observed", "power.seen"],
]);

const UNACKED_FACTS_MAX = 200_000;
const COMPACT_AFTER_BYTES = 8 * 1024 * 1024;

/**
 * The agent's append-only record of what happened, on disk before anybody is told.
 *
 * Facts stay until the region acknowledged them; those of operations that are not over stay longer,
 * because after a restart they tell where each boot plan stands. One line a fact, JSON.
 */
export class Journal {
  readonly #folder: string;
  readonly #clock: Clock;
  #file: Deno.FsFile;
  #fileBytes: number;
  #facts: KnownFact[];
  #ackedSeq: number;
  #nextSeq: number;
  readonly #byOperation = new Map<string, KnownFact[]>();
  readonly #listeners = new Set<(fact: KnownFact) => void>();
  #syncing: Promise<void> | undefined;
  #unsynced = false;

  private constructor(folder: string, clock: Clock, file: Deno.FsFile, stored: Stored) {
    this.#folder = folder;
    this.#clock = clock;
    this.#file = file;
    this.#fileBytes = stored.bytes;
    this.#facts = stored.facts;
    this.#ackedSeq = stored.ackedSeq;
    this.#nextSeq = Math.max(stored.ackedSeq, stored.facts.at(-1)?.seq ?? 0) + 1;
    for (const fact of stored.facts) this.#index(fact);
  }

  /** Opens the journal in `folder`, cutting off a line that a crash left half written. */
  static async open(folder: string, clock: Clock): Promise<Journal> {
    const stored = await readStored(folder);
    const path = journalPath(folder);
    const file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
    await file.truncate(stored.bytes);
    await file.seek(0, Deno.SeekMode.End);
    return new Journal(folder, clock, file, stored);
  }

  /**
   * Records a fact. It survives the end of this process at once, and the end of the host's power
   * after `flush()`.
   */
  append(fact: NewFact): KnownFact {
    const whole = KnownFact.parse({
      ...fact,
      seq: this.#nextSeq++,
      at: new Date(this.#clock.nowMs()).toISOString(),
      monoMs: this.#clock.monoMs(),
    });
    const line = new TextEncoder().encode(JSON.stringify(whole) + "\n");
    for (let done = 0; done < line.length;) done += this.#file.writeSync(line.subarray(done));
    this.#fileBytes += line.length;
    this.#unsynced = true;
    this.#facts.push(whole);
    this.#index(whole);
    for (const listener of this.#listeners) listener(whole);
    return whole;
  }

  /** Resolves when everything appended before the call is durable. Calls share one sync. */
  async flush(): Promise<void> {
    while (this.#unsynced || this.#syncing) {
      this.#syncing ??= this.#sync();
      await this.#syncing;
    }
  }

  async #sync(): Promise<void> {
    this.#unsynced = false;
    try {
      await this.#file.syncData();
    } finally {
      this.#syncing = undefined;
    }
  }

  /** The oldest facts that the region has not acknowledged. */
  pending(limit: number): KnownFact[] {
    const first = this.#facts.findIndex((fact) => fact.seq > this.#ackedSeq);
    return first < 0 ? [] : this.#facts.slice(first, first + limit);
  }

  get pendingCount(): number {
    return Math.max(0, this.#nextSeq - 1 - this.#ackedSeq);
  }

  /** All facts of an operation, in order. */
  factsOf(operationId: string): readonly KnownFact[] {
    return this.#byOperation.get(operationId) ?? [];
  }

  /** Operations that have facts here. */
  operationIds(): string[] {
    return [...this.#byOperation.keys()];
  }

  /** Calls back for every fact appended from now on; returns the way to stop that. */
  onAppend(listener: (fact: KnownFact) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The region has everything up to `seq`. Facts of operations in `keep` stay for their boot plans.
   *
   * Losing this note in a crash is harmless: facts are sent again, and the region skips them.
   */
  async acknowledge(seq: number, keep: ReadonlySet<string>): Promise<void> {
    this.#ackedSeq = Math.max(this.#ackedSeq, seq);
    for (const id of this.#byOperation.keys()) {
      const over = this.factsOf(id).every((fact) => fact.seq <= this.#ackedSeq);
      if (over && !keep.has(id)) this.#byOperation.delete(id);
    }
    await writeFileAtomic(ackedPath(this.#folder), JSON.stringify({ ackedSeq: this.#ackedSeq }));
    const tooMany = this.pendingCount > UNACKED_FACTS_MAX;
    if (this.#fileBytes > COMPACT_AFTER_BYTES || tooMany) await this.compact();
  }

  /** Rewrites the file with what is still needed. */
  async compact(): Promise<void> {
    // The number of the next fact must outlive an emptied file.
    await writeFileAtomic(ackedPath(this.#folder), JSON.stringify({ ackedSeq: this.#ackedSeq }));
    const kept = boundUnacked(
      this.#facts.filter((fact) =>
        fact.seq > this.#ackedSeq ||
        (fact.operationId !== undefined && this.#byOperation.has(fact.operationId))
      ),
    );
    const text = kept.map((fact) => JSON.stringify(fact) + "\n").join("");
    const appendedMeanwhile = this.#nextSeq;
    await writeFileAtomic(journalPath(this.#folder), text);
    const file = await Deno.open(journalPath(this.#folder), { write: true, append: true });
    this.#file.close();
    this.#file = file;
    this.#fileBytes = new TextEncoder().encode(text).length;
    const late = this.#facts.filter((fact) => fact.seq >= appendedMeanwhile);
    this.#facts = kept;
    for (const fact of late) this.#rewrite(fact);
  }

  /** Puts a fact that was appended during a compaction into the new file too. */
  #rewrite(fact: KnownFact): void {
    const line = new TextEncoder().encode(JSON.stringify(fact) + "\n");
    for (let done = 0; done < line.length;) done += this.#file.writeSync(line.subarray(done));
    this.#fileBytes += line.length;
    this.#unsynced = true;
    this.#facts.push(fact);
  }

  async close(): Promise<void> {
    await this.flush();
    this.#file.close();
  }

  #index(fact: KnownFact): void {
    if (fact.operationId === undefined) return;
    const facts = this.#byOperation.get(fact.operationId) ?? [];
    facts.push(fact);
    this.#byOperation.set(fact.operationId, facts);
  }
}

interface Stored {
  readonly facts: KnownFact[];
  readonly ackedSeq: number;
  /** Length of the file up to the end of its last whole line. */
  readonly bytes: number;
}

async function readStored(folder: string): Promise<Stored> {
  const acked = await readTextIfPresent(ackedPath(folder));
  const { ackedSeq } = acked ? JSON.parse(acked) as { ackedSeq: number } : { ackedSeq: 0 };
  const text = await readTextIfPresent(journalPath(folder)) ?? "";
  const facts: KnownFact[] = [];
  let whole = "";
  for (const line of text.split(/(?<=\n)/)) {
    const json = line.endsWith("\n") ? parseLine(line) : undefined;
    if (json === undefined) break; // a torn end: nothing after it was ever acted on
    const known = KnownFact.safeParse(json);
    if (known.success) facts.push(known.data); // else: written by a newer agent, not ours to tell
    whole += line;
  }
  return { facts, ackedSeq, bytes: new TextEncoder().encode(whole).length };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function boundUnacked(facts: KnownFact[]): KnownFact[] {
  let surplus = facts.length - UNACKED_FACTS_MAX;
  return surplus <= 0
    ? facts
    : facts.filter((fact) => !(DETAIL_KINDS.has(fact.kind) && surplus-- > 0));
}

function journalPath(folder: string): string {
  return `${folder}/journal.ndjson`;
}

function ackedPath(folder: string): string {
  return `${folder}/journal.acked.json`;
}

/** Facts as they are sent. */
export function asSent(facts: readonly KnownFact[]): AnyFact[] {
  return facts.map((fact) => AnyFact.parse(fact));
}
