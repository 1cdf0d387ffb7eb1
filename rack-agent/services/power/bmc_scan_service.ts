import { createSocket } from "node:dgram";
import type { FoundBmc } from "@/shared/contract/bmc_scan.ts";
import { SCAN_PREFIX_BITS_MIN } from "@/shared/contract/bmc_scan.ts";
import type { NewFact } from "@/shared/contract/facts.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { ipv4FromNumber } from "@/shared/net/ipv4.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { serviceRoot, type Talk } from "../../protocol/redfish/talk.ts";
import { IPMI_PORT } from "../../protocol/ipmi/login.ts";
import { DecodeError } from "../../wire/byte_reader.ts";
import { decodePresencePong, encodePresencePing } from "../../wire/ipmi/asf.ts";
import { EXCHANGE_LIMITS } from "./bounded_exchange.ts";
import { RedfishConnection } from "./redfish_connection.ts";

export interface BmcScanDeps {
  readonly log: Log;
  readonly report: (fact: NewFact & { kind: "bmc_scan.ended" }) => void;
  /** Where BMCs listen; absent: 443 and 623. */
  readonly ports?: { readonly https: number; readonly rmcp: number };
  readonly limits?: Partial<ScanLimits>;
}

export interface ScanLimits {
  /** Addresses asked by HTTPS at a time. */
  readonly parallel: number;
  /** Between two presence pings: a burst fills the ARP queue, and is lost. */
  readonly pingGapMs: number;
  /** After the last ping; BMCs are slow. */
  readonly pongWaitMs: number;
  readonly connectMs: number;
}

const LIMITS: ScanLimits = { parallel: 64, pingGapMs: 2, pongWaitMs: 2_000, connectMs: 2_000 };

/**
 * Looks through networks for BMCs when a person has asked for it, without any password.
 *
 * A scan that a restart cut off begins anew; its end is told once.
 */
export class BmcScanService implements Service {
  readonly name = "bmc scan";
  readonly #deps: BmcScanDeps;
  readonly #limits: ScanLimits;
  readonly #begun = new Set<string>();
  #stopped = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(deps: BmcScanDeps) {
    this.#deps = deps;
    this.#limits = { ...LIMITS, ...deps.limits };
  }

  start(): Promise<void> {
    this.#stopped = new AbortController();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#last;
  }

  /** Begins those that the state wants and that were not begun before, one after another. */
  applyState({ bmcScans = [] }: Pick<SiteState, "bmcScans">): void {
    for (const { id, cidr } of bmcScans) {
      if (this.#begun.has(id)) continue;
      this.#begun.add(id);
      this.#last = this.#last.then(() => this.#scan(id, cidr));
    }
  }

  async #scan(scanId: string, cidr: string): Promise<void> {
    const { report, log } = this.#deps;
    if (this.#stopped.signal.aborted) return;
    log("bmc_scan.started", { scanId, cidr });
    try {
      const found = await this.#look(addressesOf(cidr));
      if (this.#stopped.signal.aborted) return; // the next start does it whole
      report({ kind: "bmc_scan.ended", scanId, found });
    } catch (error) {
      const message = errorText(error).slice(0, 500);
      report({ kind: "bmc_scan.ended", scanId, message, found: [] });
    }
  }

  async #look(addresses: readonly string[]): Promise<FoundBmc[]> {
    const ponging = this.#ping(addresses);
    const redfish = await this.#askAll(addresses);
    const pongs = await ponging;
    return addresses.flatMap((address): FoundBmc[] => {
      const root = redfish.get(address);
      const kinds = [
        ...(pongs.has(address) ? ["ipmi" as const] : []),
        ...(root ? ["redfish" as const] : []),
      ];
      return kinds.length === 0 ? [] : [{ address, kinds, ...root }];
    });
  }

  /** Who answers an ASF presence ping and says that it speaks IPMI. */
  async #ping(addresses: readonly string[]): Promise<Set<string>> {
    const pongs = new Set<string>();
    const wanted = new Set(addresses);
    const port = this.#deps.ports?.rmcp ?? IPMI_PORT;
    const socket = createSocket("udp4");
    socket.on(
      "error",
      (error) => this.#deps.log("bmc_scan.ping_failed", { reason: error.message }),
    );
    socket.on("message", (datagram, { address }) => {
      if (wanted.has(address) && isIpmiPong(datagram)) pongs.add(address);
    });
    try {
      await new Promise<void>((wake) => socket.bind(0, wake));
      for (const address of addresses) {
        if (this.#stopped.signal.aborted) break;
        socket.send(encodePresencePing(0), port, address, () => {}); // nobody there is an answer too
        await this.#pause(this.#limits.pingGapMs);
      }
      await this.#pause(this.#limits.pongWaitMs);
    } finally {
      socket.close();
    }
    return pongs;
  }

  /** Who has a Redfish service root, and what it says. */
  async #askAll(addresses: readonly string[]): Promise<Map<string, Partial<FoundBmc>>> {
    const found = new Map<string, Partial<FoundBmc>>();
    const waiting = [...addresses];
    const work = async () => {
      for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
        if (this.#stopped.signal.aborted) return;
        const root = await this.#ask(address);
        if (root) found.set(address, root);
      }
    };
    await Promise.all(Array.from({ length: this.#limits.parallel }, work));
    return found;
  }

  async #ask(address: string): Promise<Partial<FoundBmc> | undefined> {
    const { connectMs } = this.#limits;
    const login = { address, port: this.#deps.ports?.https, username: "", password: "" };
    const connection = new RedfishConnection(login, { ...EXCHANGE_LIMITS, connectMs });
    const talk: Talk = { login };
    try {
      const { vendor, product, uuid } = await connection.run(serviceRoot(talk));
      return {
        ...(vendor === "other" ? {} : { vendor }),
        ...(product === undefined ? {} : { product }),
        ...(uuid === undefined ? {} : { uuid }),
        certificateSha256: connection.seenSha256,
      };
    } catch {
      return undefined; // nobody, or something else: both are no BMC
    } finally {
      connection.close();
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    if (signal.aborted) return Promise.resolve();
    return new Promise((wake) => {
      const timer = setTimeout(wake, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        wake();
      }, { once: true });
    });
  }
}

function isIpmiPong(datagram: Uint8Array): boolean {
  try {
    return decodePresencePong(datagram).supportsIpmi;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** Those that a host can have. */
function addressesOf(text: string): string[] {
  const { prefixBits, firstNumber, lastNumber } = parseCidr(text);
  if (prefixBits < SCAN_PREFIX_BITS_MIN) {
    throw new Error(`${text} is too large to be looked through`);
  }
  const hasEnds = prefixBits >= 31; // RFC 3021 §2.2: no broadcast address there
  const first = hasEnds ? firstNumber : firstNumber + 1;
  const last = hasEnds ? lastNumber : lastNumber - 1;
  return Array.from({ length: last - first + 1 }, (_, i) => ipv4FromNumber(first + i));
}
