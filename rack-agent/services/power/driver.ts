import type { IpmiLogin } from "../../protocol/ipmi/login.ts";
import type { NextBoot, PowerState } from "../../protocol/power/order.ts";

/**
 * What every way of switching a machine offers: IPMI now, Redfish, webhook and others later.
 *
 * Each method rejects with a DomainError whose code begins with `bmc.`. A driver is used by one
 * order at a time; nothing on it is called before the call in hand has ended, except `close`.
 */
export interface PowerDriver {
  query(): Promise<PowerState>;
  on(): Promise<void>;
  /** Takes the power away at once. */
  off(): Promise<void>;
  /** Off and on again in the BMC's own time; unlike the order of this name it waits for nothing. */
  cycle(): Promise<void>;
  /** Asks the operating system to shut down. */
  softOff(): Promise<void>;
  /** What the next boot starts from, once; `none` takes an earlier wish back. */
  setNextBoot(device: NextBoot, options: { uefi: boolean }): Promise<void>;
  /** Releases sessions and sockets. Never rejects; safe to call twice and during a call. */
  close(): Promise<void>;
}

/** How to reach one BMC. Holds secrets: never log one. */
export type BmcDescription = { readonly kind: "ipmi" } & IpmiLogin;

/** Time as services see it; tests drive it by hand. */
export interface PowerClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
