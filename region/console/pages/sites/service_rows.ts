import type { Observation } from "../../api/agent_observation.ts";

/** What one of an agent's services has done since it started, and what it let go. */
export interface ServiceRow {
  readonly service: string;
  readonly did: readonly Count[];
  /** The most frequent first. */
  readonly dropped: readonly Drop[];
}

export interface Count {
  readonly name: string;
  readonly count: number;
}

export interface Drop extends Count {
  /** `lost`: nobody looked at it; `harmless`: it wants no answer. */
  readonly weight: "lost" | "refused" | "harmless";
}

/** Requests that are well treated with silence. */
const HARMLESS = [
  "dhcp.released",
  "dhcp.declined",
  "dhcp.another_server_chosen",
  "dhcp.another_server_gives",
  "dhcp.not_booting",
];

/** Of the counters that an agent tells, whichever services it has. */
export function serviceRows(counters: Observation["counters"]): ServiceRow[] {
  return Object.entries(counters).flatMap(([service, value]) => {
    if (!isRecord(value)) return [];
    const did = Object.entries(value).flatMap(([name, count]) =>
      typeof count === "number" ? [{ name, count }] : []
    );
    const reasons = [value.dropped, value.refused].filter(isRecord)
      .flatMap((each) => Object.entries(each));
    const lost = kernelDrops(value.sockets);
    const dropped: Drop[] = reasons.flatMap(([name, count]) =>
      typeof count === "number" && count > 0
        ? [{ name, count, weight: HARMLESS.includes(name) ? "harmless" : "refused" }]
        : []
    );
    dropped.sort((a, b) => b.count - a.count);
    if (lost > 0) dropped.unshift({ name: "kernel", count: lost, weight: "lost" });
    return [{ service, did, dropped }];
  });
}

/** What came faster than it was read. */
function kernelDrops(sockets: unknown): number {
  if (!Array.isArray(sockets)) return 0;
  return sockets.reduce(
    (sum: number, socket) =>
      sum + (isRecord(socket) && typeof socket.drops === "number" ? socket.drops : 0),
    0,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
