import type { StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { accessOf } from "./describe_bmc.ts";

export interface RedfishEventsDeps {
  readonly log: Log;
  /**
   * Calls `onEvent` for everything that a machine's BMC streams; ends with the stream, or rejects with
   * a DomainError, `bmc.not_offered` where there is none.
   */
  listen(machine: StateMachine, onEvent: () => void, signal: AbortSignal): Promise<void>;
  /** Something happened at a machine. */
  onEvent(systemId: string): void;
  /** Between two attempts to listen to one BMC; absent: 5 minutes. */
  readonly retryMs?: number;
}

const RETRY_MS = 5 * 60_000;
/** A stream takes a connection of its own, on both ends. */
const LISTENED_MAX = 500;
/** These do not pass by themselves: polls go on, and tell a person what is wrong. */
const FINAL: readonly string[] = [
  "bmc.not_offered",
  "bmc.wrong_password",
  "bmc.certificate_changed",
  "bmc.not_redfish",
];

/**
 * Listens to the event streams of Redfish BMCs, so that a change is seen at once and not with the next
 * poll. Polls go on all the same: not every BMC streams, and none streams for ever.
 */
export class RedfishEvents {
  readonly #deps: RedfishEventsDeps;
  readonly #listening = new Map<string, { access: string; abort: AbortController }>();

  constructor(deps: RedfishEventsDeps) {
    this.#deps = deps;
  }

  /** How many BMCs are listened to, or will be again. */
  get size(): number {
    return this.#listening.size;
  }

  /** Begins with those that are new, ends with those that are gone or reached otherwise. */
  applyMachines(machines: readonly StateMachine[]): void {
    const wanted = machines.filter(({ power }) => power?.kind === "redfish").slice(0, LISTENED_MAX);
    const ids = new Set(wanted.map(({ systemId }) => systemId));
    for (const systemId of this.#listening.keys()) if (!ids.has(systemId)) this.#end(systemId);
    for (const machine of wanted) {
      const access = accessOf(machine);
      if (this.#listening.get(machine.systemId)?.access === access) continue;
      this.#end(machine.systemId);
      const abort = new AbortController();
      this.#listening.set(machine.systemId, { access, abort });
      void this.#listen(machine, abort.signal);
    }
  }

  close(): void {
    for (const systemId of this.#listening.keys()) this.#end(systemId);
  }

  async #listen(machine: StateMachine, signal: AbortSignal): Promise<void> {
    const { listen, onEvent, log, retryMs = RETRY_MS } = this.#deps;
    const { systemId } = machine;
    while (!signal.aborted) {
      try {
        await listen(machine, () => onEvent(systemId), signal);
      } catch (error) {
        if (!(error instanceof DomainError)) {
          log("power.events_broken", { systemId, reason: errorText(error) });
          return;
        }
        if (FINAL.includes(error.code)) return;
      }
      await sleep(retryMs, signal);
    }
  }

  #end(systemId: string): void {
    this.#listening.get(systemId)?.abort.abort();
    this.#listening.delete(systemId);
  }
}
