/**
 * How many machines without a reservation or an earlier lease may appear: `burst` at once, then
 * `perMinute`.
 */
export interface NewcomerLimit {
  readonly burst: number;
  readonly perMinute: number;
}

export interface NewcomerLimits {
  /** Behind one port of a relay or switch, as option 82 names it. */
  readonly port: NewcomerLimit;
  /** On one link: an interface, or a relay. */
  readonly link: NewcomerLimit;
}

/**
 * One port is one machine, or a hypervisor with its guests. A link may come back whole after a
 * power cut, so there the limit only stops what no rack can be.
 */
export const NEWCOMER_LIMITS: NewcomerLimits = {
  port: { burst: 64, perMinute: 4 },
  link: { burst: 8_192, perMinute: 512 },
};

/** Where a newcomer appeared. */
export interface NewcomerPlace {
  readonly link: string;
  readonly port?: string;
}

/** Places remembered; beyond it the oldest is forgotten, which can only be too kind. */
const PLACES_MAX = 16_384;

/**
 * Stops one port from taking a whole range by inventing MACs: it counts newcomers by place.
 *
 * Machines that are known are never counted, so a flood from one port cannot lock them out.
 */
export class Newcomers {
  readonly #limits: NewcomerLimits;
  readonly #places = new Map<string, { tokens: number; atMs: number }>();

  constructor(limits: NewcomerLimits = NEWCOMER_LIMITS) {
    this.#limits = limits;
  }

  /** The place that has had too many, if there is one. */
  fullPlace({ link, port }: NewcomerPlace, nowMs: number): string | undefined {
    const { port: portLimit, link: linkLimit } = this.#limits;
    if (port !== undefined && this.#tokens(port, portLimit, nowMs) < 1) return port;
    return this.#tokens(link, linkLimit, nowMs) < 1 ? link : undefined;
  }

  count({ link, port }: NewcomerPlace, nowMs: number): void {
    if (port !== undefined) this.#take(port, this.#limits.port, nowMs);
    this.#take(link, this.#limits.link, nowMs);
  }

  #take(place: string, limit: NewcomerLimit, nowMs: number): void {
    const tokens = Math.max(0, this.#tokens(place, limit, nowMs) - 1);
    this.#places.delete(place); // so that the map's order is by last use
    this.#places.set(place, { tokens, atMs: nowMs });
    if (this.#places.size <= PLACES_MAX) return;
    for (const oldest of this.#places.keys()) return void this.#places.delete(oldest);
  }

  #tokens(place: string, { burst, perMinute }: NewcomerLimit, nowMs: number): number {
    const known = this.#places.get(place);
    if (!known) return burst;
    const elapsedMs = Math.max(0, nowMs - known.atMs);
    return Math.min(burst, known.tokens + (elapsedMs / 60_000) * perMinute);
  }
}
