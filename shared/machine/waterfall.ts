import type { KnownFact } from "@/shared/contract/facts.ts";

/** Who a stretch of time is to be charged to. `control` is ours; the rest is the machine's own. */
export type SpanOwner = "control" | "power" | "firmware" | "transfer" | "system" | "disk";

/** One stretch of an operation; the spans of an operation leave no gap. */
export interface Span {
  readonly name: string;
  readonly owner: SpanOwner;
  readonly startMs: number; // ms since the epoch
  readonly endMs: number;
  readonly bytes: number;
}

interface Stretch {
  readonly name: string;
  readonly owner: SpanOwner;
}

/**
 * The boot waterfall of an operation: where its time went, from the request to its end.
 *
 * Each fact says what the time after it is spent on; neighbours of the same name become one span.
 * A running operation's last span ends at `nowMs` and names what the machine is busy with.
 */
export function waterfall(
  askedAtMs: number,
  facts: readonly KnownFact[],
  nowMs: number,
): Span[] {
  const spans: Span[] = [];
  let stretch: Stretch | undefined = { name: "order reaches the site", owner: "control" };
  let startMs = askedAtMs;
  const close = (endMs: number, next: Stretch | undefined, bytes = 0) => {
    if (stretch) push(spans, { ...stretch, startMs, endMs: Math.max(endMs, startMs), bytes });
    startMs = Math.max(endMs, startMs);
    stretch = next;
  };
  for (const fact of facts) {
    const atMs = Date.parse(fact.at);
    const transfer = transferOf(fact);
    if (transfer && fact.kind === "file.served") {
      close(atMs - fact.durationMs, transfer);
      close(atMs, afterFact(fact, transfer), fact.bytes);
    } else {
      close(atMs, afterFact(fact, stretch));
    }
  }
  if (stretch) close(nowMs, undefined);
  return spans.filter((span) => span.endMs > span.startMs || span.bytes > 0);
}

function push(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last?.name !== span.name) {
    spans.push(span);
  } else {
    spans[spans.length - 1] = { ...last, endMs: span.endMs, bytes: last.bytes + span.bytes };
  }
}

function transferOf(fact: KnownFact): Stretch | undefined {
  if (fact.kind !== "file.served" || fact.protocol !== "http") return undefined;
  const name = fact.path.split("/").at(-1) ?? fact.path;
  return { name: `fetch ${name}`, owner: "transfer" };
}

/** What the time after `fact` is spent on; undefined once the operation has ended. */
function afterFact(fact: KnownFact, current: Stretch | undefined): Stretch | undefined {
  switch (fact.kind) {
    case "operation.started":
      return current?.owner === "control" ? { name: "agent", owner: "control" } : current;
    case "power.ordered":
      return { name: "power", owner: "power" };
    case "power.done":
      return fact.order === "off" || fact.order === "query"
        ? { name: "agent", owner: "control" }
        : { name: "firmware", owner: "firmware" };
    case "boot.asked":
      return fact.answer === "local_disk"
        ? { name: "boot from disk", owner: "system" }
        : { name: "boot program", owner: "firmware" };
    case "file.served":
      return fact.protocol === "http" ? { name: "kernel start", owner: "system" } : current;
    case "metadata.served":
      return { name: "cloud-init", owner: "system" };
    case "stage.reached":
      return fact.system === "installed" ? { name: "first cloud-init", owner: "system" } : current;
    case "step.started":
      return { name: fact.name, owner: "disk" };
    case "step.ended":
      return { name: "between steps", owner: "disk" };
    case "script.started":
      return { name: `script ${fact.name}`, owner: "system" };
    case "script.ended":
      return { name: "between scripts", owner: "system" };
    case "commission.reported":
    case "test.reported":
    case "erase.reported":
    case "rescue.reported":
      return { name: "agent", owner: "control" };
    case "install.reported":
      return { name: "restart", owner: "firmware" };
    case "system.reported":
      return { name: "agent", owner: "control" };
    case "operation.ended":
      return undefined;
    default:
      return current;
  }
}
