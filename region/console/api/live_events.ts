import { refresh } from "./queries.ts";
import { readSession } from "./session.ts";
import { createStore } from "./store.ts";
import { urlOf } from "./client.ts";

/** An event as the feed tells it. */
export interface LiveEvent {
  readonly id: number;
  readonly at: string;
  readonly siteId: string | null;
  readonly machine: string | null;
  readonly operationId: string | null;
  readonly level: "info" | "warning" | "error";
  readonly code: string;
  readonly message: string;
}

/** Whether what is on the screen is kept up to date. `sinceMs`: when that was last certain. */
export type Link = { readonly kind: "live" } | { readonly kind: "lost"; readonly sinceMs: number };

export const link = createStore<Link>({ kind: "live" });

/** Events come in bursts; what they touch is read once for all of them. */
const GATHER_MS = 250;
/** The feed ends every minute and is taken up again; only a longer gap is news. */
const LOST_AFTER_MS = 5000;
const AGAIN_MS = 3000;

type Listener = (events: readonly LiveEvent[]) => void;
const listeners = new Set<Listener>();

/** Calls back with the events of each moment; returns how to stop that. */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Follows the region's feed until the returned function is called. */
export function followFeed(): () => void {
  let source: EventSource | undefined;
  let lastId: string | undefined;
  let gathered: LiveEvent[] = [];
  let isStopped = false;
  let lostTimer: ReturnType<typeof setTimeout> | undefined;
  let againTimer: ReturnType<typeof setTimeout> | undefined;
  let hasBeenLost = false;

  const flush = () => {
    const events = gathered;
    gathered = [];
    for (const listener of [...listeners]) listener(events);
    for (const [path, param] of touchedBy(events)) refresh(path, param);
  };
  const gather = (event: LiveEvent) => {
    if (gathered.push(event) === 1) setTimeout(flush, GATHER_MS);
  };
  const open = () => {
    if (isStopped) return;
    source = new EventSource(urlOf("/events/stream", { query: { after: lastId } }));
    source.onopen = () => {
      clearTimeout(lostTimer);
      lostTimer = undefined;
      if (link.get().kind === "lost") link.set({ kind: "live" });
      // The feed itself loses nothing, but what no event tells of may be old.
      if (hasBeenLost) refreshAll();
      hasBeenLost = false;
    };
    source.onmessage = ({ data, lastEventId }) => {
      lastId = lastEventId;
      gather(JSON.parse(data));
    };
    source.onerror = () => {
      const sinceMs = Date.now();
      lostTimer ??= setTimeout(() => {
        hasBeenLost = true;
        link.set({ kind: "lost", sinceMs });
        void readSession(); // it may be that the session has ended
      }, LOST_AFTER_MS);
      // Refused outright: the browser gives up, we do not.
      if (source?.readyState === EventSource.CLOSED) againTimer = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  return () => {
    isStopped = true;
    source?.close();
    clearTimeout(lostTimer);
    clearTimeout(againTimer);
  };
}

function refreshAll(): void {
  for (const { paths } of TOUCHES) for (const path of paths) refresh(path);
  refresh("/machines");
  refresh("/operations");
}

/** What is read again when such an event comes; of machines there is more below. */
const TOUCHES: readonly { readonly codes: RegExp; readonly paths: readonly string[] }[] = [
  { codes: /^(agent|link|state|alarm)\./, paths: ["/agents", "/sites", "/notifications"] },
  { codes: /^(site|network|subnet|dhcp|lease)\./, paths: ["/sites", "/subnets", "/leases"] },
  { codes: /^notification\./, paths: ["/notifications"] },
  { codes: /^image/, paths: ["/images"] },
  { codes: /^machine\./, paths: ["/machines/counts"] },
];

type Touched = readonly [path: string, param: Readonly<Record<string, string>>];

export function touchedBy(events: readonly LiveEvent[]): Touched[] {
  const touched = new Map<string, Touched>();
  const add = (path: string, param: Record<string, string> = {}) =>
    touched.set(`${path} ${JSON.stringify(param)}`, [path, param]);
  add("/events");
  for (const { code, machine, operationId } of events) {
    for (const { codes, paths } of TOUCHES) {
      if (codes.test(code)) { for (const path of paths) add(path); }
    }
    if (machine !== null) {
      add("/machines/:systemId", { systemId: machine });
      add("/operations");
    }
    if (operationId !== null) add("/operations/:operationId", { operationId });
  }
  return [...touched.values()];
}
