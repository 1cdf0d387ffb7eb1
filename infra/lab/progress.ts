import { EventView, listOf, type MachineView, OperationView } from "./api_views.ts";
import { listMachines } from "./journey.ts";
import type { Rack } from "./rack.ts";
import { formatElapsed } from "./stages.ts";

/** Lines on standard error: those that stay, and below them one for each machine that is redrawn. */
export interface Screen {
  /** A line that stays. */
  print(line: string): void;
  /** Replaces the block of lines at the bottom; where nothing can be redrawn, prints what changed. */
  paint(lines: readonly Line[]): void;
}

export interface Line {
  /** What makes the line worth printing again when it cannot be redrawn. */
  readonly news: string;
  readonly elapsedMs: number;
}

/** A screen on `write`; `columns` is absent when it is a file or a pipe. */
export function createScreen(write: (text: string) => void, columns: number | undefined): Screen {
  let painted: string[] = [];
  let lastNews: readonly string[] = [];
  const erase = () => write(painted.map(() => "\x1b[1A\x1b[2K").join(""));
  const draw = () => write(painted.map((line) => line + "\n").join(""));
  return {
    print: (line) => {
      erase();
      write(line + "\n");
      draw();
    },
    paint: (lines) => {
      const news = lines.map((line) => line.news);
      if (columns === undefined) {
        const changed = lines.filter((line, i) => line.news !== lastNews[i]);
        for (const line of changed) write(formatLine(line) + "\n");
      } else {
        erase();
        painted = lines.map((line) => formatLine(line).slice(0, columns - 1));
        draw();
      }
      lastNews = news;
    },
  };
}
function formatLine({ news, elapsedMs }: Line): string {
  return `${formatElapsed(elapsedMs).padStart(6)}  ${news}`;
}

/** Keeps the screen's block up to date until the returned function is called. */
export function watchRack(rack: Rack, screen: Screen): () => void {
  const events: SeenEvents = { lastId: 0, byMachine: new Map() };
  let isOver = false;
  const round = async () => {
    while (!isOver) {
      // A region that is away for a moment is not the screen's business; the journey sees to that.
      const lines = await lookAt(rack, events).catch(() => undefined);
      if (!isOver && lines) screen.paint(lines);
      await new Promise((wake) => setTimeout(wake, REDRAW_MS));
    }
  };
  round();
  return () => {
    isOver = true;
  };
}

const REDRAW_MS = 1000;
const EVENTS_PER_LOOK = 100;

interface SeenEvents {
  lastId: number;
  readonly byMachine: Map<string, string>;
}

async function lookAt(rack: Rack, events: SeenEvents): Promise<Line[]> {
  const machines = await listMachines(rack);
  const path = `/events?after=${events.lastId}&limit=${EVENTS_PER_LOOK}`;
  for (const event of await rack.api.get(path, listOf("events", EventView))) {
    events.lastId = event.id;
    if (event.machine) events.byMachine.set(event.machine, event.message);
  }
  return await Promise.all(rack.machines.map(async ({ name, mac }) => {
    const view = machines.find(({ macs }) => macs.includes(mac));
    const operation = view?.operation
      ? await rack.api.get(`/operations/${view.operation.id}`, OperationView)
      : undefined;
    const lastEvent = view && events.byMachine.get(view.systemId);
    return describe(name, { view, operation, lastEvent }, Date.now());
  }));
}

/** What the region knows of one machine. */
export interface Known {
  readonly view?: MachineView;
  /** The one that is running. */
  readonly operation?: OperationView;
  readonly lastEvent?: string;
}

/** A machine in one line: who, status, phase, since when, what it is busy with, the last event. */
export function describe(name: string, { view, operation, lastEvent }: Known, nowMs: number): Line {
  if (!view) return { news: `${name}  unknown to the region`, elapsedMs: 0 };
  const sinceMs = Date.parse(operation?.askedAt ?? view.statusChangedAt);
  const busyWith = operation?.spans.at(-1)?.name;
  const parts = [
    `${name} ${view.hostname}`,
    view.status,
    operation && [operation.phase, busyWith].filter(Boolean).join(": "),
    view.failure ? `${view.failure.code}: ${view.failure.message}` : lastEvent,
  ];
  return { news: parts.filter(Boolean).join("  "), elapsedMs: nowMs - sinceMs };
}
