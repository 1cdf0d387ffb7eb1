import type { OutputOf } from "../api/api_schema.ts";
import { ask, stream, toProblem } from "../api/client.ts";
import { onEvents } from "../api/live_events.ts";
import { session } from "../api/session.ts";
import { createStore } from "../api/store.ts";
import { readLines } from "./read_lines.ts";

type Listed = OutputOf<"/machines", "get">["machines"][number];

/** A machine as the list shows it: enough to filter, sort and group by without asking again. */
export type FleetMachine =
  & Pick<
    Listed,
    | "systemId"
    | "hostname"
    | "siteId"
    | "status"
    | "statusChangedAt"
    | "isLocked"
    | "power"
    | "macs"
    | "architecture"
    | "zone"
    | "pool"
    | "tags"
    | "description"
    | "cpuCount"
    | "memoryMib"
    | "diskCount"
    | "storageBytes"
    | "operation"
    | "owner"
    | "imageId"
  >
  & {
    readonly failure: { readonly code: string; readonly message: string } | null;
    readonly bmc: { readonly address: string } | null;
  };

const FIELDS = [
  "systemId,hostname,siteId,status,statusChangedAt,isLocked,power,macs,architecture,zone,pool,tags",
  "description,cpuCount,memoryMib,diskCount,storageBytes,operation,owner,imageId",
  "failure.code,failure.message,bmc.address",
].join(",");

/** Every machine that the caller may see, as far as they have been read. */
export interface Fleet {
  readonly machines: ReadonlyMap<string, FleetMachine>;
  /** Rises with every change, for the map is changed in place. */
  readonly revision: number;
  readonly isComplete: boolean;
  readonly error: unknown;
}

const FIRST_PAGE = 60;
/** As many as the filter `systemId` takes. */
const REREAD_AT_ONCE = 100;
/** Readers are told this often at most: while thousands change, a list that jumps helps nobody. */
const TELL_EVERY_MS = 400;
/** Power that was observed and what people write down make no event: so it is read anew at times. */
const WHOLE_EVERY_MS = 5 * 60_000;

/** Kept while other pages are shown, so that the list is there when one comes back. */
const machines = new Map<string, FleetMachine>();
export const fleet = createStore<Fleet>({
  machines,
  revision: 0,
  isComplete: false,
  error: undefined,
});

let followers = 0;
let stop: (() => void) | undefined;
const changed = new Set<string>();
/** What an event told of while the whole was read: what the stream says of it is older. */
let changedMeanwhile: Set<string> | undefined;
let isRereading = false;
let tellTimer: ReturnType<typeof setTimeout> | undefined;

/** Reads the fleet and keeps it up to date until the last follower has gone. */
export function followFleet(): () => void {
  if (++followers === 1) stop = start();
  return () => {
    if (--followers === 0) stop?.();
  };
}

/** Nobody sees what the person before them might. */
session.subscribe(() => {
  if (session.get().kind === "signed_in") return;
  machines.clear();
  fleet.set({ machines, revision: 0, isComplete: false, error: undefined });
});

/** Reads these again, for whoever knows that they changed. */
export function rereadMachines(systemIds: Iterable<string>): void {
  for (const systemId of systemIds) {
    changed.add(systemId);
    changedMeanwhile?.add(systemId);
  }
  void rereadChanged();
}

function start(): () => void {
  const left = new AbortController();
  const stopListening = onEvents((events) => {
    rereadMachines(events.flatMap(({ machine }) => (machine === null ? [] : [machine])));
  });
  void readWhole(left.signal);
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") void readWhole(left.signal);
  }, WHOLE_EVERY_MS);
  return () => {
    left.abort();
    stopListening();
    clearInterval(timer);
    clearTimeout(tellTimer);
    tellTimer = undefined;
    changed.clear();
  };
}

/** The first page at once, for it is what a person sees; then all, as the region sends them. */
async function readWhole(signal: AbortSignal): Promise<void> {
  try {
    if (machines.size === 0) {
      const query = { fields: FIELDS, limit: FIRST_PAGE, sort: "hostname" };
      const page = await ask<{ machines: FleetMachine[]; nextCursor: string | null }>(
        "GET",
        "/machines",
        { query, signal },
      );
      for (const machine of page.machines) machines.set(machine.systemId, machine);
      tellNow({ isComplete: page.nextCursor === null });
      if (page.nextCursor === null) return;
    }
    const seen = new Set<string>();
    const meanwhile = new Set<string>();
    changedMeanwhile = meanwhile;
    const response = await stream("/machines/export", { query: { fields: FIELDS }, signal });
    for await (const line of readLines(response)) {
      const machine: FleetMachine = JSON.parse(line);
      seen.add(machine.systemId);
      if (!meanwhile.has(machine.systemId)) machines.set(machine.systemId, machine);
      tellSoon();
    }
    for (const systemId of machines.keys()) {
      if (!seen.has(systemId) && !meanwhile.has(systemId)) machines.delete(systemId);
    }
    tellNow({ isComplete: true });
  } catch (error) {
    if (!signal.aborted) tellNow({ error });
  }
}

/** In turn, so that a burst of news is never more than one question at a time. */
async function rereadChanged(): Promise<void> {
  if (isRereading) return;
  isRereading = true;
  try {
    while (changed.size > 0 && followers > 0) {
      const systemIds = [...changed].slice(0, REREAD_AT_ONCE);
      for (const systemId of systemIds) changed.delete(systemId);
      const query = { systemId: systemIds.join(","), fields: FIELDS, limit: REREAD_AT_ONCE };
      const page = await ask<{ machines: FleetMachine[] }>("GET", "/machines", { query });
      const found = new Map(page.machines.map((machine) => [machine.systemId, machine]));
      for (const systemId of systemIds) {
        const machine = found.get(systemId);
        if (machine) machines.set(systemId, machine);
        else machines.delete(systemId);
      }
      tellSoon();
    }
  } catch (error) {
    console.warn("machines were not read again", toProblem(error)); // the next sweep does
  } finally {
    isRereading = false;
  }
}

function tellSoon(): void {
  tellTimer ??= setTimeout(() => tellNow({}), TELL_EVERY_MS);
}

function tellNow(change: Partial<Pick<Fleet, "isComplete" | "error">>): void {
  clearTimeout(tellTimer);
  tellTimer = undefined;
  const now = fleet.get();
  fleet.set({ ...now, error: undefined, ...change, machines, revision: now.revision + 1 });
}
