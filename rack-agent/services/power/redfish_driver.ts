import type { NextBoot, PowerState } from "../../protocol/power/order.ts";
import { countEvents, findEventStream, NO_EVENTS } from "../../protocol/redfish/event_stream.ts";
import type { RedfishLogin } from "../../protocol/redfish/login.ts";
import type { Conversation } from "../../protocol/redfish/message.ts";
import { setNextBoot } from "../../protocol/redfish/next_boot.ts";
import { type Readings, readReadings } from "../../protocol/redfish/readings.ts";
import { type PowerSwitch, queryPower, switchPower } from "../../protocol/redfish/switch_power.ts";
import { logOut, type Talk } from "../../protocol/redfish/talk.ts";
import type { ExchangeLimits } from "./bounded_exchange.ts";
import type { PowerDriver } from "./driver.ts";
import { RedfishConnection } from "./redfish_connection.ts";

export interface RedfishDriverDeps {
  /** Called once somebody could log in, with the SHA-256 of the certificate that the BMC showed. */
  readonly onCertificate?: (sha256: string) => void;
  readonly limits?: ExchangeLimits;
}

/** A BMC that is slow to say goodbye forgets the session by itself. */
const GOODBYE_MS = 3_000;

/** Switches one machine by Redfish. Logs in at the first call and keeps session and connection. */
export class RedfishDriver implements PowerDriver {
  readonly #talk: Talk;
  readonly #deps: RedfishDriverDeps;
  #connection: RedfishConnection;
  #isClosed = false;
  #isTold = false;

  /** DomainError `bmc.address_malformed` when the address cannot be one. */
  constructor(login: RedfishLogin, deps: RedfishDriverDeps = {}) {
    this.#talk = { login };
    this.#deps = deps;
    this.#connection = new RedfishConnection(login, deps.limits);
  }

  async query(): Promise<PowerState> {
    return await this.#run(queryPower(this.#talk));
  }

  on(): Promise<void> {
    return this.#switch("on");
  }

  off(): Promise<void> {
    return this.#switch("off");
  }

  cycle(): Promise<void> {
    return this.#switch("cycle");
  }

  softOff(): Promise<void> {
    return this.#switch("soft_off");
  }

  async setNextBoot(device: NextBoot, { uefi }: { uefi: boolean }): Promise<void> {
    await this.#run(setNextBoot(this.#talk, { device, uefi }));
  }

  async readings(): Promise<Readings> {
    return await this.#run(readReadings(this.#talk));
  }

  /**
   * Calls `onChange` whenever the BMC streams an event, until the stream ends or `signal` aborts.
   *
   * Rejects with `bmc.not_offered` where there is no stream; then the BMC has to be asked. Takes the
   * connection for itself: use a driver of its own.
   */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const path = await this.#run(findEventStream(this.#talk));
    await this.#run(queryPower(this.#talk)); // logs in, and sees that the login is right
    let count = NO_EVENTS;
    await this.#connection.stream(path, this.#talk.auth ?? { kind: "none" }, (text) => {
      count = countEvents(count, text);
      for (let i = 0; i < count.events; i++) onChange();
    }, signal);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return this.#connection.close();
    this.#isClosed = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((wake) => {
      timer = setTimeout(wake, GOODBYE_MS);
    });
    const goodbye = this.#isTold ? this.#connection.run(logOut(this.#talk)) : Promise.resolve();
    await Promise.race([goodbye.catch(() => undefined), late]);
    clearTimeout(timer);
    this.#connection.close();
  }

  #switch(how: PowerSwitch): Promise<void> {
    return this.#run(switchPower(this.#talk, how));
  }

  async #run<T>(conversation: Conversation<T>): Promise<T> {
    const result = await this.#connection.run(conversation);
    if (!this.#isTold && this.#talk.auth) {
      this.#isTold = true;
      const { seenSha256 } = this.#connection;
      if (seenSha256) this.#deps.onCertificate?.(seenSha256);
    }
    return result;
  }
}
