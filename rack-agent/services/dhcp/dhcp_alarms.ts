import type { Answer } from "@/rack-agent/protocol/dhcp/answer.ts";
import type { Arrival } from "@/rack-agent/protocol/dhcp/asked.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { DhcpAlarm } from "./dhcp_messages.ts";

/** What a person should hear of, in a decision that left a machine without an answer. */
export function alarmOf(
  decided: Answer,
  { interfaceName }: Arrival,
  mac: MacAddress,
): DhcpAlarm | undefined {
  if (decided.kind !== "silence" || decided.about === undefined) return undefined;
  const { reason, about } = decided;
  switch (reason) {
    case "dhcp.no_free_address":
      return {
        code: "dhcp.range_full",
        subject: about,
        message: `no address is free in ${about}: ${mac} was left without one`,
      };
    case "dhcp.too_many_newcomers":
      return {
        code: reason,
        subject: about,
        message: `too many unknown machines appeared at ${about}; the last was ${mac}`,
      };
    case "dhcp.another_server_chosen":
      return otherServerAlarm(about, interfaceName, `${mac} took its offer`);
    default:
      return undefined;
  }
}

/** Another server where this one should be alone; `what` it did, or what to do about it. */
export function otherServerAlarm(server: string, interfaceName: string, what: string): DhcpAlarm {
  return {
    code: "dhcp.other_server",
    subject: `${server} on ${interfaceName}`,
    message: `${server} answers DHCP on ${interfaceName} too: ${what}`,
  };
}

/** The same thing again is only worth telling after this long. */
const AGAIN_MS = 10 * 60_000;
/** Subjects come from packets: whoever invents them must not fill memory. */
const SUBJECTS_MAX = 1_024;

/** Lets each alarm through once in a while. */
export class RareAlarms {
  readonly #toldMs = new Map<string, number>();

  isNew({ code, subject }: DhcpAlarm, nowMs: number): boolean {
    const key = `${code} ${subject}`;
    const toldMs = this.#toldMs.get(key);
    if (toldMs !== undefined && nowMs - toldMs < AGAIN_MS) return false;
    if (this.#toldMs.size >= SUBJECTS_MAX) this.#toldMs.clear();
    this.#toldMs.set(key, nowMs);
    return true;
  }
}
