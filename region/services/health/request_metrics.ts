import type { Family, Sample } from "./exposition.ts";

/** Upper bounds, in seconds: from a cached read to a long poll. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** A request that has been answered. `route` is the pattern, never the path: it must stay countable. */
export interface AnsweredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

interface Timing {
  readonly labels: Record<string, string>;
  /** How many took at most as long as each bound. */
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** Counts the requests of this process, since its start. */
export class RequestMetrics {
  readonly #counts = new Map<string, { labels: Record<string, string>; value: number }>();
  readonly #timings = new Map<string, Timing>();
  #inFlight = 0;

  begin(): void {
    this.#inFlight++;
  }

  end({ method, route, status, seconds }: AnsweredRequest): void {
    this.#inFlight--;
    const labels = { method, route, status: String(status) };
    const key = `${method} ${route} ${status}`;
    const counted = this.#counts.get(key) ?? { labels, value: 0 };
    this.#counts.set(key, counted);
    counted.value++;
    const timing = this.#timingOf(method, route);
    timing.sum += seconds;
    timing.count++;
    for (const [i, bound] of BUCKETS_SECONDS.entries()) {
      if (seconds <= bound) timing.buckets[i] = (timing.buckets[i] ?? 0) + 1;
    }
  }

  families(): Family[] {
    return [
      {
        name: "rackwright_http_requests_total",
        kind: "counter",
        help: "Requests answered, by route and status.",
        samples: [...this.#counts.values()],
      },
      {
        name: "rackwright_http_request_duration_seconds",
        kind: "histogram",
        help: "Time until the answer began, by route.",
        samples: [...this.#timings.values()].flatMap(samplesOf),
      },
      {
        name: "rackwright_http_requests_in_flight",
        kind: "gauge",
        help: "Requests being answered now.",
        samples: [{ value: this.#inFlight }],
      },
    ];
  }

  #timingOf(method: string, route: string): Timing {
    const key = `${method} ${route}`;
    const found = this.#timings.get(key) ??
      { labels: { method, route }, buckets: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 };
    this.#timings.set(key, found);
    return found;
  }
}

function samplesOf({ labels, buckets, sum, count }: Timing): Sample[] {
  const bounded = BUCKETS_SECONDS.map((bound, i) => ({
    suffix: "_bucket",
    labels: { ...labels, le: String(bound) },
    value: buckets[i] ?? 0,
  }));
  return [
    ...bounded,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sum },
    { suffix: "_count", labels, value: count },
  ];
}
