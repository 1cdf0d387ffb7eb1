import type { KnownFact } from "@/shared/contract/facts.ts";

/** A line in the timeline of a machine or a site. */
export interface NewsItem {
  readonly level: "info" | "warning" | "error";
  /** Stable: the fact's kind. */
  readonly code: string;
  /** One short sentence for a person. */
  readonly message: string;
}

/**
 * What a fact is worth in the timeline; undefined: a detail that only the facts keep.
 *
 * Enlisting writes its own line, and a lease only when it is a new one.
 */
export function eventOf(fact: KnownFact): NewsItem | undefined {
  const line = (message: string, level: NewsItem["level"] = "info"): NewsItem => ({
    level,
    code: fact.kind,
    message,
  });
  const report = (what: string, ok: boolean, message: string | undefined): NewsItem =>
    ok ? line(what) : line(`${what}, but failed: ${message ?? "no reason given"}`, "error");
  switch (fact.kind) {
    case "agent.started":
      return line(`the agent started, version ${fact.version}`);
    case "state.refused":
      return line(`the agent refused the site's state: ${fact.message}`, "error");
    case "link.restored":
      return line(`the agent reached the region again; it was cut off since ${fact.lostAt}`);
    case "alarm.raised":
      return line(`the agent warns: ${fact.message}`, "warning");
    case "boot.asked":
      return line(`asked how to boot, was told ${spokenBoot(fact.answer, fact.purpose)}`);
    case "metadata.served":
      return line(`the booted system asked for its instructions (${fact.purpose})`);
    case "step.started":
      return line(`step ${fact.number} of ${fact.of}: ${fact.name}`);
    case "step.ended":
      return fact.ok
        ? undefined
        : line(`step ${fact.number} of ${fact.of} failed: ${fact.name}`, "error");
    case "script.started":
      return line(`script ${fact.number} of ${fact.of}: ${fact.name}`);
    case "script.ended":
      return fact.exitStatus === 0
        ? undefined
        : line(`script ${fact.name} ${scriptEnd(fact)}`, "error");
    case "test.reported":
      return report("the tests ended", fact.ok, fact.message);
    case "erase.reported":
      return report("the disks were erased", fact.ok, fact.message);
    case "rescue.reported":
      return report("the rescue system is up", fact.ok, fact.message);
    case "commission.reported":
      return report("the inventory was reported", fact.ok, fact.message);
    case "install.reported":
      return report("the installation ended", fact.ok, fact.message);
    case "system.reported":
      return report("the installed system reported", fact.ok, fact.message);
    case "power.done":
      return line(`power: ${spoken(fact.order)} done, now ${fact.state}`);
    case "power.failed":
      return line(`power: ${spoken(fact.order)} failed: ${fact.message}`, "error");
    case "bmc_scan.ended":
      return fact.message === undefined
        ? line(`a scan for BMCs ended; it found ${fact.found.length}`)
        : line(`a scan for BMCs failed: ${fact.message}`, "error");
    case "bmc.not_usable":
      return line(
        `its BMC at ${fact.address} was found, but no user could be made in it: ${fact.message}; ` +
          "enter its credentials",
        "warning",
      );
    case "image.not_cached":
      return line(`an image is not at the site: ${fact.message}`, "error");
    case "operation.started":
      return line(`the site began to ${spoken(fact.operationKind)}`);
    case "operation.ended":
      return ended(fact, line);
    case "agent.observed":
    case "lease.given":
    case "lease.ended":
    case "machine.enlisted":
    case "state.applied":
    case "boot.offered":
    case "file.served":
    case "image.cached":
    case "stage.reached":
    case "power.ordered":
    case "power.observed":
    case "power.seen":
    case "bmc.certificate_seen":
    case "bmc.found":
    case "work.progressed":
      return undefined;
  }
}

function ended(
  fact: KnownFact & { kind: "operation.ended" },
  line: (message: string, level?: NewsItem["level"]) => NewsItem,
): NewsItem {
  switch (fact.outcome) {
    case "done":
      return line("the operation is done");
    case "failed":
      return line(`the operation failed: ${fact.failure?.message ?? "no reason given"}`, "error");
    case "aborted":
      return line("the site gave the operation up", "warning");
  }
}

function scriptEnd({ exitStatus, timedOut }: { exitStatus: number; timedOut: boolean }): string {
  return timedOut ? "was stopped after its time limit" : `failed with exit status ${exitStatus}`;
}

function spokenBoot(answer: string, purpose: string | undefined): string {
  const words = spoken(answer).replace("local disk", "to boot from its disk");
  return purpose ? `${words} system, to ${purpose}` : words;
}

function spoken(name: string): string {
  return name.replaceAll("_", " ");
}
