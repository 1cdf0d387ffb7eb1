import type { RegionContext } from "@/region/context.ts";
import {
  countEndedOperations,
  countMachinesByStatus,
  countRunningOperations,
  listAgentsHeard,
  poolCounts,
  readBacklog,
} from "@/region/db/queries/health.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import type { Family } from "./exposition.ts";

const DAY_MS = 24 * 3_600_000;
/** An agent reports at least so often when something goes on at its site. */
const FRESH_MS = 5 * 60_000;
const LATE_MS = 60 * 60_000;

/** How the region is doing, counted in the database; a handful of statements whatever its size. */
export async function readGauges(ctx: RegionContext, caller: Caller): Promise<Family[]> {
  requireRole(caller, "viewer");
  const nowMs = ctx.now().getTime();
  const backlog = await readBacklog(ctx.db);
  const oldestMs = backlog.oldestDueDelivery;
  const one = (value: number) => [{ value }];
  return [
    gauge("machines", "Machines, by status.", await countMachinesByStatus(ctx.db)),
    gauge("operations_running", "Operations under way.", await countRunningOperations(ctx.db)),
    gauge(
      "operations_ended_last_day",
      "Operations that ended within 24 hours.",
      await countEndedOperations(ctx.db, new Date(nowMs - DAY_MS)),
    ),
    gauge("agents", "Agents, by when they last reported.", await countAgents(ctx, nowMs)),
    gauge("sites_unpublished", "Sites whose state is behind.", one(backlog.sitesBehind)),
    gauge("events_unplaced", "Events not in the feed yet.", one(backlog.eventsUnplaced)),
    gauge("webhook_deliveries_pending", "Deliveries on their way.", one(backlog.deliveriesPending)),
    gauge(
      "webhook_delivery_lag_seconds",
      "How long the next delivery has been due.",
      one(oldestMs === undefined ? 0 : Math.max(0, (nowMs - oldestMs) / 1000)),
    ),
    ...poolFamilies(ctx),
  ];
}

async function countAgents(ctx: RegionContext, nowMs: number) {
  const tally: Record<string, number> = { fresh: 0, late: 0, silent: 0, never: 0 };
  for (const heardMs of await listAgentsHeard(ctx.db)) {
    const freshness = freshnessOf(heardMs, nowMs);
    tally[freshness] = (tally[freshness] ?? 0) + 1;
  }
  return Object.entries(tally).map(([freshness, value]) => ({ labels: { freshness }, value }));
}

function freshnessOf(heardMs: number | null, nowMs: number): string {
  if (heardMs === null) return "never";
  const agoMs = nowMs - heardMs;
  return agoMs <= FRESH_MS ? "fresh" : agoMs <= LATE_MS ? "late" : "silent";
}

function poolFamilies({ db }: RegionContext): Family[] {
  const pool = poolCounts(db);
  if (!pool) return [];
  const { total, idle, waiting } = pool;
  const connections = [
    { labels: { state: "busy" }, value: total - idle },
    { labels: { state: "idle" }, value: idle },
  ];
  return [
    gauge("database_connections", "Connections of this process.", connections),
    gauge("database_waiting", "Requests that wait for a connection.", [{ value: waiting }]),
  ];
}

function gauge(name: string, help: string, samples: Family["samples"]): Family {
  return { name: `rackwright_${name}`, kind: "gauge", help, samples };
}
