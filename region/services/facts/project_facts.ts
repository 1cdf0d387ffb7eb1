import type { RegionContext } from "@/region/context.ts";
import { dataRefusal } from "@/region/db/queries/data_refusal.ts";
import { insertFacts, type NewFactRow } from "@/region/db/queries/facts.ts";
import { insertEvents, type NewEvent, type OperationRow } from "@/region/db/queries/outcomes.ts";
import { type Change, projectFact, type Seen } from "@/region/domain/projection.ts";
import type { NewsItem } from "@/region/domain/projection_news.ts";
import { type AnyFact, KnownFact } from "@/shared/contract/facts.ts";
import { type Alarm, raiseAlarms } from "@/region/services/notifications/raise_alarm.ts";
import { applyChange, type Occasion } from "./apply_change.ts";
import { canMovePhase, followPhases } from "./follow_phases.ts";
import { FactScope, macOf, type Subject } from "./fact_scope.ts";

const MESSAGE_CHARS_MAX = 500;
const KNOWN_KINDS: ReadonlySet<string> = new Set(
  KnownFact.options.map((option) => option.shape.kind.value),
);

/**
 * Stores facts and applies what they change, in their order; `ctx.db` is the batch's transaction.
 *
 * No single fact can hold up the queue: one that is malformed, of another site, or refused by the
 * database is logged, stored and otherwise passed over. True: the site's state document must change.
 */
export async function projectFacts(
  ctx: RegionContext,
  agent: { agentId: string; siteId: string },
  facts: readonly AnyFact[],
): Promise<{ changesState: boolean }> {
  const scope = await FactScope.load(ctx.db, agent.siteId, facts);
  const rows: NewFactRow[] = [];
  const events: NewEvent[] = [];
  const moving = new Map<string, OperationRow>();
  const alarms: Alarm[] = [];
  let changesState = false;
  for (const fact of facts) {
    const projected = await projectOne(ctx, scope, agent, fact);
    changesState ||= projected.changesState;
    rows.push(factRow(ctx, agent, fact, projected.subject));
    events.push(...projected.items.map((item) => eventRow(item, agent, fact, projected.subject)));
    const operation = projected.subject.standing?.operation;
    if (projected.alarm) alarms.push(projected.alarm);
    if (operation && canMovePhase(fact.kind)) moving.set(operation.id, operation);
  }
  await insertFacts(ctx.db, rows);
  await followPhases(ctx.db, [...moving.values()]);
  await insertEvents(ctx.db, events);
  await raiseAlarms(ctx, agent.siteId, alarms);
  return { changesState };
}

interface Projected {
  readonly subject: Subject;
  readonly items: readonly NewsItem[];
  readonly changesState: boolean;
  readonly alarm?: Alarm;
}

async function projectOne(
  ctx: RegionContext,
  scope: FactScope,
  agent: { agentId: string; siteId: string },
  fact: AnyFact,
): Promise<Projected> {
  const subject = scope.subjectOf(fact);
  const nothing: Projected = { subject, items: [], changesState: false };
  const who = { agent: agent.agentId, seq: fact.seq, kind: fact.kind };
  if (subject.isForeign) {
    const { systemId, operationId } = fact;
    ctx.log("facts.not_of_this_site", { ...who, systemId, operationId });
    return nothing;
  }
  if (!KNOWN_KINDS.has(fact.kind)) return nothing;
  const known = KnownFact.safeParse(fact);
  if (!known.success) {
    ctx.log("facts.malformed", { ...who, reason: known.error.issues[0]?.message });
    return nothing;
  }
  const changes = projectFact(known.data, seenOf(subject));
  const goBack = scope.snapshot();
  const occasion = { siteId: agent.siteId, at: new Date(fact.at), mac: macOf(fact.mac) };
  try {
    const alarm = alarmIn(known.data);
    return { ...await writeChanges(ctx, scope, changes, { occasion, subject }), alarm };
  } catch (error) {
    const reason = dataRefusal(error);
    if (reason === undefined) throw error;
    goBack();
    ctx.log("facts.not_applied", { ...who, reason });
    return nothing;
  }
}

function alarmIn(fact: KnownFact): Alarm | undefined {
  if (fact.kind !== "alarm.raised") return undefined;
  return { at: new Date(fact.at), code: fact.code, message: fact.message };
}

/** All changes of one fact or none, so that a refused one leaves the transaction usable. */
async function writeChanges(
  ctx: RegionContext,
  scope: FactScope,
  changes: readonly Change[],
  about: { occasion: Occasion; subject: Subject },
): Promise<Projected> {
  const items = changes.flatMap((change) => (change.kind === "news" ? [change.item] : []));
  const writes = changes.filter((change) => change.kind !== "news");
  if (writes.length === 0) return { subject: about.subject, items, changesState: false };
  return await ctx.db.transaction(async (savepoint) => {
    let { subject } = about;
    let changesState = false;
    for (const change of writes) {
      const inner = { ...ctx, db: savepoint };
      const followed = await applyChange(inner, scope, change, { ...about, subject });
      changesState ||= followed.changesState;
      if (followed.item) items.push(followed.item);
      if (followed.machine) subject = { ...subject, machine: followed.machine };
    }
    return { subject, items, changesState };
  });
}

function seenOf({ machine, standing }: Subject): Seen {
  const operation = standing && {
    kind: standing.operation.kind,
    state: standing.operation.state,
    failureCode: standing.operation.failure?.code,
    isNewest: standing.isNewest,
  };
  return { machine, operation };
}

function factRow(
  ctx: RegionContext,
  agent: { agentId: string },
  fact: AnyFact,
  { machine, standing }: Subject,
): NewFactRow {
  return {
    agentId: agent.agentId,
    seq: fact.seq,
    at: new Date(fact.at),
    kind: fact.kind,
    // What was verified, not what was told: so that no site writes into another's history.
    systemId: machine?.systemId,
    operationId: standing?.operation.id,
    body: fact,
    receivedAt: ctx.now(),
  };
}

function eventRow(
  item: NewsItem,
  agent: { siteId: string },
  fact: AnyFact,
  { machine, standing }: Subject,
): NewEvent {
  const unknown = !machine && fact.mac !== undefined ? `unknown machine ${fact.mac}: ` : "";
  return {
    at: new Date(fact.at),
    siteId: agent.siteId,
    machineId: machine?.id,
    operationId: standing?.operation.id,
    level: item.level,
    code: item.code,
    message: `${unknown}${item.message}`.slice(0, MESSAGE_CHARS_MAX),
  };
}
