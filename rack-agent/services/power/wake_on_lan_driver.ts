import { createSocket } from "node:dgram";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { PowerState } from "../../protocol/power/order.ts";
import { encodeMagicPacket, WAKE_PORT } from "../../wire/wake_on_lan/magic_packet.ts";
import { notSupported, type PowerDriver } from "./driver.ts";

/** A machine whose network card wakes it. */
export interface WakeOnLanTarget {
  /** MAC address of the card. */
  readonly address: string;
  readonly port?: number; // UDP, 9 when absent
  /** Where to send to; absent: all networks that this host is in. */
  readonly broadcast?: string;
}

/** A packet may be lost and nothing answers, so it is sent more than once. */
const REPEATS = 3;

/** Switches one machine on by Wake-on-LAN, which can do nothing else and cannot look. */
export class WakeOnLanDriver implements PowerDriver {
  readonly #target: WakeOnLanTarget;
  readonly #broadcasts: () => readonly string[];

  /** `broadcasts`: the broadcast addresses of the networks that this host is in. */
  constructor(target: WakeOnLanTarget, broadcasts: () => readonly string[]) {
    this.#target = target;
    this.#broadcasts = broadcasts;
  }

  query(): Promise<PowerState> {
    return Promise.resolve("unknown");
  }

  async on(): Promise<void> {
    const packet = encodeMagicPacket(this.#target.address);
    const { broadcast, port = WAKE_PORT } = this.#target;
    const targets = broadcast === undefined ? this.#broadcasts() : [broadcast];
    const results = await Promise.all(targets.map((address) => sendTo(packet, { address, port })));
    if (results.includes(true)) return;
    const where = targets.join(", ") || "no network";
    throw new DomainError({
      kind: "unavailable",
      code: "bmc.no_answer",
      message: `the packet that wakes ${this.#target.address} could not be sent to ${where}; ` +
        "check this agent's network, or name the broadcast address of the machine's own",
    });
  }

  off(): Promise<void> {
    return Promise.reject(
      notSupported("Wake-on-LAN can switch on only; switch it off at the machine"),
    );
  }

  cycle(): Promise<void> {
    return this.off();
  }

  softOff(): Promise<void> {
    return this.off();
  }

  setNextBoot(): Promise<void> {
    return Promise.reject(notSupported("Wake-on-LAN cannot choose what the next boot starts from"));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** True: it left this host. */
function sendTo(packet: Uint8Array, to: { address: string; port: number }): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket("udp4");
  const end = (isSent: boolean) => {
    socket.removeAllListeners();
    socket.close();
    resolve(isSent);
  };
  socket.once("error", () => end(false));
  socket.bind(0, () => {
    socket.setBroadcast(true);
    let left = REPEATS;
    const sendNext = (error?: Error | null) => {
      if (error || left === 0) return end(!error);
      left--;
      socket.send(packet, to.port, to.address, sendNext);
    };
    sendNext();
  });
  return promise;
}
