import type { PowerState } from "../../protocol/power/order.ts";
import {
  checkDone,
  readState,
  webhookQuery,
  type WebhookRequest,
  webhookRequest,
  type WebhookTarget,
} from "../../protocol/webhook/webhook.ts";
import { BoundedExchange, type ExchangeAnswer } from "./bounded_exchange.ts";
import { notSupported, type PowerDriver } from "./driver.ts";

/** Switches one machine by calling a program of the site's own. */
export class WebhookDriver implements PowerDriver {
  readonly #target: WebhookTarget;
  readonly #open = new Set<BoundedExchange>();
  #isClosed = false;

  constructor(target: WebhookTarget) {
    this.#target = target;
  }

  async query(): Promise<PowerState> {
    const request = webhookQuery(this.#target);
    return request ? readState(this.#target, await this.#send(request)) : "unknown";
  }

  async on(): Promise<void> {
    checkDone(this.#target, await this.#send(webhookRequest(this.#target, "on")));
  }

  async off(): Promise<void> {
    checkDone(this.#target, await this.#send(webhookRequest(this.#target, "off")));
  }

  async cycle(): Promise<void> {
    await this.off();
    await this.on();
  }

  softOff(): Promise<void> {
    return Promise.reject(notSupported("a webhook cannot ask the operating system to shut down"));
  }

  setNextBoot(): Promise<void> {
    return Promise.reject(notSupported("a webhook cannot choose what the next boot starts from"));
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const exchange of this.#open) exchange.close();
    return Promise.resolve();
  }

  async #send({ method, url, body, authorization }: WebhookRequest): Promise<ExchangeAnswer> {
    const { origin, pathname, search } = new URL(url);
    const { address, certificateSha256 } = this.#target;
    const name = `the webhook at ${address}`;
    const exchange = new BoundedExchange({ origin, name, certificateSha256, trust: "authority" });
    this.#open.add(exchange);
    if (this.#isClosed) exchange.close();
    try {
      return await exchange.send({
        method,
        path: pathname + search,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(authorization === undefined ? {} : { authorization }),
        },
        body,
      });
    } finally {
      exchange.close();
      this.#open.delete(exchange);
    }
  }
}
