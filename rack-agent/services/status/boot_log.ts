import type { KnownFact } from "@/shared/contract/facts.ts";

/** One machine's way from its first question to what it was last seen doing. */
export interface BootRecord {
  readonly mac: string;
  readonly systemId?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly steps: readonly { readonly at: string; readonly what: string }[];
}

const BOOTS_MAX = 200;
const STEPS_MAX = 30;

/** The last boots of this site, out of the facts as they happen. A restart forgets them. */
export class BootLog {
  /** By MAC, the last to begin at the end. */
  readonly #boots = new Map<string, { systemId?: string; startedAt: string; steps: Step[] }>();

  note(fact: KnownFact): void {
    const what = stepOf(fact);
    if (what === undefined || !("mac" in fact) || typeof fact.mac !== "string") return;
    const known = this.#boots.get(fact.mac);
    const isNew = fact.kind === "boot.offered" && known?.steps.at(-1)?.kind !== "boot.offered";
    const boot = known && !isNew ? known : { startedAt: fact.at, steps: [] };
    boot.systemId = fact.systemId ?? boot.systemId;
    boot.steps.push({ at: fact.at, kind: fact.kind, what });
    if (boot.steps.length > STEPS_MAX) boot.steps.shift();
    this.#boots.delete(fact.mac);
    this.#boots.set(fact.mac, boot);
    const [oldest] = this.#boots.keys();
    if (this.#boots.size > BOOTS_MAX && oldest) this.#boots.delete(oldest);
  }

  /** The latest first. */
  recent(): BootRecord[] {
    return [...this.#boots].reverse().map(([mac, { systemId, startedAt, steps }]) => ({
      mac,
      ...(systemId ? { systemId } : {}),
      startedAt,
      steps: steps.map(({ at, what }) => ({ at, what })),
    }));
  }
}

interface Step {
  readonly at: string;
  readonly kind: KnownFact["kind"];
  readonly what: string;
}

function stepOf(fact: KnownFact): string | undefined {
  switch (fact.kind) {
    case "lease.given":
      return `was given ${fact.ipv4}`;
    case "boot.offered":
      return `asked how to boot, was offered ${fact.program}`;
    case "boot.asked":
      return `asked for its script, was told ${fact.answer}` +
        (fact.purpose ? ` (${fact.purpose})` : "");
    case "file.served":
      return `took ${fact.bytes} bytes of ${fact.path} over ${fact.protocol} ` +
        `in ${Math.round(fact.durationMs)} ms`;
    case "metadata.served":
      return `took its instructions (${fact.purpose})`;
    case "stage.reached":
      return `${fact.system} system: ${fact.stage} ${fact.event}`;
    case "step.started":
      return `step ${fact.number} of ${fact.of}: ${fact.name}`;
    default:
      return undefined;
  }
}

/** Boots for people, as `rackwright-agent boots` prints them. */
export function formatBoots(boots: readonly BootRecord[]): string {
  if (boots.length === 0) return "no machine has booted since the agent started";
  return boots.map(({ mac, systemId, startedAt, steps }) =>
    [
      `${mac}${systemId ? ` (${systemId})` : ""}, since ${startedAt}`,
      ...steps.map(({ at, what }) => `  ${at.slice(11, 19)}  ${what}`),
    ].join("\n")
  ).join("\n");
}
