import { redfishFault } from "../../protocol/redfish/faults.ts";
import { originOf, type RedfishLogin, whereOf } from "../../protocol/redfish/login.ts";
import type {
  Conversation,
  RedfishAnswer,
  RedfishAuth,
  RedfishRequest,
} from "../../protocol/redfish/message.ts";
import { BoundedExchange, type ExchangeLimits } from "./bounded_exchange.ts";

/** Requests of one conversation; more is a BMC that leads its callers in circles. */
const REQUESTS_MAX = 64;

/** Carries conversations with one BMC. Decides nothing: see `protocol/redfish`. */
export class RedfishConnection {
  readonly #login: RedfishLogin;
  readonly #exchange: BoundedExchange;

  constructor(login: RedfishLogin, limits?: ExchangeLimits) {
    this.#login = login;
    this.#exchange = new BoundedExchange({
      origin: originOf(login),
      name: `the BMC at ${whereOf(login)}`,
      certificateSha256: login.certificateSha256,
      trust: "any",
    }, limits);
  }

  /** SHA-256 of the certificate that the BMC showed last. */
  get seenSha256(): string | undefined {
    return this.#exchange.seenSha256;
  }

  /** What comes of a conversation. DomainErrors: its own, and those of the exchange. */
  async run<T>(conversation: Conversation<T>): Promise<T> {
    let step = conversation.next();
    for (let requests = 0; !step.done; requests++) {
      if (requests === REQUESTS_MAX) {
        const sentence =
          `took more than ${REQUESTS_MAX} requests for one thing; update its firmware`;
        throw redfishFault(this.#login, "bmc.too_many_pages", sentence);
      }
      step = conversation.next(await this.#send(step.value));
    }
    return step.value;
  }

  /** Hands on the text of the BMC's event stream until it ends or `signal` aborts. */
  async stream(
    path: string,
    auth: RedfishAuth,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = { ...this.#headersOf(auth), accept: "text/event-stream" };
    await this.#exchange.stream({ method: "GET", path, headers }, onText, signal);
  }

  close(): void {
    this.#exchange.close();
  }

  #send({ method, path, body, ifMatch, auth }: RedfishRequest): Promise<RedfishAnswer> {
    return this.#exchange.send({
      method,
      path,
      headers: {
        ...this.#headersOf(auth),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** DSP0266 §6.5 and §13.3. */
  #headersOf(auth: RedfishAuth): Record<string, string> {
    const common = { accept: "application/json", "odata-version": "4.0" };
    switch (auth.kind) {
      case "none":
        return common;
      case "session":
        return { ...common, "x-auth-token": auth.token };
      case "basic": {
        const { username, password } = this.#login;
        const bytes = new TextEncoder().encode(`${username}:${password}`);
        return { ...common, authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
      }
    }
  }
}
