import type { FoundBmc } from "@/shared/contract/bmc_scan.ts";
import type { KnownFact } from "@/shared/contract/facts.ts";
import type { Failure } from "@/shared/contract/failure.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import {
  movesMachine,
  type OperationKind,
  type Standing,
  standingAfterOperation,
} from "@/shared/machine/lifecycle.ts";
import { isFree } from "./machine_change.ts";
import { eventOf, type NewsItem } from "./projection_news.ts";

/** What the region knows of the machine and the operation that a fact is about, before the fact. */
export interface Seen {
  readonly machine?: Standing;
  readonly operation?: SeenOperation;
}

export interface SeenOperation {
  readonly kind: OperationKind;
  readonly state: "running" | "done" | "failed" | "aborted";
  readonly failureCode?: string;
  /** No later operation has moved its machine on. */
  readonly isNewest: boolean;
}

/** One thing that a fact changes at the region. All times are the fact's own. */
export type Change =
  | { readonly kind: "enlist"; readonly mac: string; readonly inventory: Inventory }
  | { readonly kind: "inventory"; readonly inventory: Inventory }
  | {
    readonly kind: "lease_given";
    readonly ipv4: string;
    readonly subnetId: number;
    readonly hostname?: string;
  }
  | { readonly kind: "lease_ended"; readonly ipv4: string }
  | {
    readonly kind: "power";
    readonly state: "on" | "off" | "unknown";
    /** Why it is unknown. */
    readonly fault: { readonly code: string; readonly message: string } | null;
  }
  | {
    readonly kind: "power_confirmed";
    readonly machines: (KnownFact & { kind: "power.seen" })["machines"];
  }
  | {
    readonly kind: "bmc_certificate";
    readonly address: string;
    readonly port: number;
    readonly sha256: string;
  }
  | {
    readonly kind: "bmc_found";
    readonly address: string;
    readonly username: string;
    /** Under the site's key. */
    readonly sealedPassword: string;
  }
  | {
    readonly kind: "bmc_scan_ended";
    readonly scanId: string;
    readonly message: string | null;
    readonly found: FoundBmc[];
  }
  | { readonly kind: "operation_started" }
  | { readonly kind: "script_started"; readonly number: number }
  | {
    readonly kind: "script_ended";
    readonly number: number;
    readonly state: "passed" | "failed" | "timed_out";
    readonly exitStatus: number;
    readonly stdoutSha256: string | null;
    readonly stderrSha256: string | null;
  }
  | {
    readonly kind: "operation_ended";
    readonly state: "done" | "failed" | "aborted";
    readonly failure: Failure | null;
  }
  | {
    readonly kind: "machine_moved";
    readonly to: Standing;
    readonly failure: Failure | null;
    /** It belongs to nobody any more, and nothing is installed on it. */
    readonly isFreed: boolean;
  }
  | { readonly kind: "news"; readonly item: NewsItem };

/** The region gave an operation up because nothing was reported; the site may know better. */
export const NO_REPORT_CODE = "operation.no_report";

/** Why the region gives an operation up by itself: a sentence that says whom to look for. */
export function noReportFailure(
  about: { kind: OperationKind; siteName: string; lastHeard: Date | undefined; now: Date },
): Failure {
  const { kind, siteName, lastHeard, now } = about;
  const heard = lastHeard
    ? `its agent was last heard at ${lastHeard.toISOString()}, ${spokenAge(lastHeard, now)} ago`
    : "none of its agents has ever been heard";
  return {
    code: NO_REPORT_CODE,
    message: `site ${siteName} did not report the end of this ${
      kind.replaceAll("_", " ")
    }; ${heard}`,
    phase: "",
    evidence: [],
  };
}

function spokenAge(then: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - then.getTime()) / 60_000));
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60
    ? `${Math.round(minutes / 60)} hours`
    : `${Math.round(minutes / 1440)} days`;
}

/** What a fact changes, in the order to apply. A fact that changes nothing is still kept. */
export function projectFact(fact: KnownFact, seen: Seen): Change[] {
  const changes = stateChanges(fact, seen);
  const item = eventOf(fact);
  return item && isNews(fact, changes) ? [...changes, { kind: "news", item }] : changes;
}

/** The end of an operation is news only when it is the end; repeats and late aborts are not. */
function isNews(fact: KnownFact, changes: readonly Change[]): boolean {
  switch (fact.kind) {
    case "operation.started":
    case "operation.ended":
      return changes.length > 0;
    default:
      return true;
  }
}

function stateChanges(fact: KnownFact, seen: Seen): Change[] {
  switch (fact.kind) {
    case "machine.enlisted":
      return [{ kind: "enlist", mac: fact.mac, inventory: fact.inventory }];
    case "commission.reported":
      return fact.inventory && seen.machine
        ? [{ kind: "inventory", inventory: fact.inventory }]
        : [];
    case "lease.given": {
      const { ipv4, subnetId, hostname } = fact;
      return [{ kind: "lease_given", ipv4, subnetId, hostname }];
    }
    case "lease.ended":
      return [{ kind: "lease_ended", ipv4: fact.ipv4 }];
    case "power.done":
      return seen.machine ? [{ kind: "power", state: fact.state, fault: null }] : [];
    case "power.observed":
      return seen.machine ? [{ kind: "power", state: fact.state, fault: faultOf(fact) }] : [];
    case "power.seen":
      return [{ kind: "power_confirmed", machines: fact.machines }];
    case "bmc.certificate_seen": {
      const { address, port, sha256 } = fact;
      return seen.machine ? [{ kind: "bmc_certificate", address, port, sha256 }] : [];
    }
    case "bmc.found": {
      const { address, username, sealedPassword } = fact;
      return seen.machine ? [{ kind: "bmc_found", address, username, sealedPassword }] : [];
    }
    case "bmc_scan.ended": {
      const { scanId, message = null, found } = fact;
      return [{ kind: "bmc_scan_ended", scanId, message, found }];
    }
    case "operation.started":
      return seen.operation?.state === "running" ? [{ kind: "operation_started" }] : [];
    case "script.started":
      return seen.operation ? [{ kind: "script_started", number: fact.number }] : [];
    case "script.ended":
      return seen.operation ? [scriptEnd(fact)] : [];
    case "operation.ended":
      return endChanges(fact, seen);
    default:
      return [];
  }
}

function faultOf({ code, message = "" }: KnownFact & { kind: "power.observed" }) {
  return code === undefined ? null : { code, message };
}

function scriptEnd(fact: KnownFact & { kind: "script.ended" }): Change {
  const { number, exitStatus, timedOut, stdoutSha256 = null, stderrSha256 = null } = fact;
  const state = timedOut ? "timed_out" : exitStatus === 0 ? "passed" : "failed";
  return { kind: "script_ended", number, state, exitStatus, stdoutSha256, stderrSha256 };
}

function endChanges(fact: KnownFact & { kind: "operation.ended" }, seen: Seen): Change[] {
  const { operation, machine } = seen;
  if (!operation || !machine) return [];
  const isLate = operation.state === "failed" && operation.failureCode === NO_REPORT_CODE &&
    operation.isNewest;
  if (operation.state !== "running" && !isLate) return [];
  const failure = failureOf(fact);
  const ended: Change = { kind: "operation_ended", state: fact.outcome, failure };
  // Somebody moved the machine on after the region gave up: the outcome is history, not news to it.
  const isWhereWeLeftIt = !isLate ||
    machine.status === standingAfterOperation(machine, operation.kind, "failed").status;
  if (!movesMachine(operation.kind) || !isWhereWeLeftIt) return [ended];
  const outcome = fact.outcome === "done" ? "done" : "failed";
  const to = standingAfterOperation(machine, operation.kind, outcome);
  return [ended, { kind: "machine_moved", to, failure, isFreed: isFree(to) }];
}

function failureOf(fact: KnownFact & { kind: "operation.ended" }): Failure | null {
  switch (fact.outcome) {
    case "done":
      return null;
    case "failed":
      return fact.failure ?? unexplained("operation.failed", "the site gave no reason");
    case "aborted":
      return fact.failure ?? unexplained("operation.aborted", "the site gave it up");
  }
}

function unexplained(code: string, message: string): Failure {
  return { code, message, phase: "", evidence: [] };
}
