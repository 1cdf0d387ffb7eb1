import { createHub } from "@/region/hub.ts";

/** The longest that anybody is held; a poll is, for less. */
const WAIT_MS_MAX = 60_000;

/**
 * A Durable Object where requests that wait for a change meet those that make it, wherever in the
 * world each is answered. It keeps nothing: whoever wakes looks for itself, and one that is restarted
 * has woken everybody. Cloudflare ends it when nobody waits.
 *
 * `GET /?topic=…&ms=…` is answered at the next `POST /?topic=…`, or after so long.
 */
export class WakeRoom {
  readonly #hub = createHub();

  async fetch(request: Request): Promise<Response> {
    const asked = new URL(request.url).searchParams;
    const topic = asked.get("topic") ?? "";
    if (request.method === "POST") this.#hub.publish(topic);
    else {
      const ms = Math.min(Number(asked.get("ms")) || 0, WAIT_MS_MAX);
      await this.#hub.wait(topic, ms, request.signal);
    }
    return new Response(null, { status: 204 });
  }
}
