import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** Whoever uses an address answers ARP, and an echo through the site's routers, within a few milliseconds; sleepers get a little more. */
const PROBE_MS = 200;
/** Beyond it a probe is skipped: a whole site that comes back must not wait for its turn. */
const PROBES_MAX = 4_096;

interface Probe {
  readonly mac: MacAddress;
  readonly untilMs: number;
  /** Sends the offer that waits. */
  readonly free: () => void;
  /** By whom, where that can be known. */
  readonly taken: (by?: MacAddress) => void;
}

/**
 * Offers that wait until their address is seen to be free. Others are answered meanwhile.
 *
 * An address found free is not probed again for the same machine: it is held for it.
 */
export class AddressProber {
  readonly #probes = new Map<Ipv4, Probe>(); // in the order of their deadlines

  /** False: too many wait already, and the offer should go out unprobed. */
  start(ipv4: Ipv4, probe: Omit<Probe, "untilMs">, nowMs: number): boolean {
    if (this.#probes.size >= PROBES_MAX) return false;
    this.#probes.delete(ipv4);
    this.#probes.set(ipv4, { ...probe, untilMs: nowMs + PROBE_MS });
    return true;
  }

  /** It could not be asked about: whoever waits for it has to be served otherwise. */
  forget(ipv4: Ipv4): void {
    this.#probes.delete(ipv4);
  }

  isProbing(ipv4: Ipv4): boolean {
    return this.#probes.has(ipv4);
  }

  /**
   * Somebody was heard to use an address. The machine that it is meant for may, where it can be told
   * from others; from behind a router only the address answers.
   */
  hear(ipv4: Ipv4, by?: MacAddress): void {
    const probe = this.#probes.get(ipv4);
    if (!probe || probe.mac === by) return;
    this.#probes.delete(ipv4);
    probe.taken(by);
  }

  /** Lets offers go whose time has passed in silence. */
  finish(nowMs: number): void {
    for (const [ipv4, probe] of this.#probes) {
      if (probe.untilMs > nowMs) return;
      this.#probes.delete(ipv4);
      probe.free();
    }
  }

  /** When `finish` has something to do; undefined while nothing is probed. */
  get nextMs(): number | undefined {
    for (const { untilMs } of this.#probes.values()) return untilMs;
    return undefined;
  }
}
