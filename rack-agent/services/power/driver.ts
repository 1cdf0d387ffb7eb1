import { DomainError } from "@/shared/errors/domain_error.ts";
import type { IpmiLogin } from "../../protocol/ipmi/login.ts";
import type { NextBoot, PowerState } from "../../protocol/power/order.ts";
import type { RedfishLogin } from "../../protocol/redfish/login.ts";
import type { WebhookTarget } from "../../protocol/webhook/webhook.ts";
import type { WakeOnLanTarget } from "./wake_on_lan_driver.ts";

/**
 * What every way of switching a machine offers.
 *
 * Each method rejects with a DomainError whose code begins with `bmc.`, or is `power.not_supported`
 * where the way has no such thing: an order goes on without it if it can. A driver is used by one
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

/** How to reach one BMC. Holds secrets: never log one. `address` and `port` name its queue. */
export type BmcDescription =
  | IpmiDescription
  | { readonly kind: "redfish" } & RedfishLogin
  | { readonly kind: "webhook" } & WebhookTarget
  | { readonly kind: "wake_on_lan" } & WakeOnLanTarget
  | { readonly kind: "manual"; readonly address: string; readonly port?: undefined };

export type IpmiDescription = { readonly kind: "ipmi" } & IpmiLogin;

/** The rejection of a call that a way of switching does not have; `message` says what to do instead. */
export function notSupported(message: string): DomainError {
  return new DomainError({ kind: "conflict", code: "power.not_supported", message });
}

/** Time as services see it; tests drive it by hand. */
export interface PowerClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
