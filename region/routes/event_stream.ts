import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { type FeedPart, followEvents } from "@/region/services/events/follow_events.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { createApi, REFUSALS, requires, TextId } from "./api.ts";

/** Proxies and serverless runtimes end long answers; a client comes back with where it was. */
const SECONDS_MAX = 55;
const BEAT_MS = 15_000;
/** Each reads the database when it wakes. */
const STREAMS_MAX = 200;
const RETRY_MS = 1000;

const Place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const streamRoute = createRoute({
  method: "get",
  path: "/events/stream",
  tags: ["events"],
  summary: "What happens, as it happens",
  description:
    "Server-sent events (WHATWG HTML §9.2): `id` is the event's number, `data` the event as " +
    "`GET /events` lists it. It ends by itself after `seconds`; come back with `Last-Event-ID` (a " +
    "browser does) or `?after=`, and nothing is lost or repeated. Without either it begins with " +
    "what comes next. A comment line comes at least every 15 seconds.",
  ...requires("viewer"),
  request: {
    headers: z.object({ "last-event-id": Place.optional() }),
    query: z.strictObject({
      /** The id of the last one seen; `Last-Event-ID` goes before it. */
      after: Place.optional(),
      machine: TextId.optional(),
      siteId: TextId.optional(),
      /** This level and the graver ones. */
      level: z.enum(["info", "warning", "error"]).optional(),
      /** A code, or the start of one and `*`. */
      code: z.string().min(1).max(128).optional(),
      seconds: z.coerce.number().int().min(1).max(SECONDS_MAX).default(SECONDS_MAX),
    }),
  },
  responses: {
    200: {
      description: "The stream",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...REFUSALS,
  },
});

export function eventStreamRoutes(ctx: RegionContext) {
  let open = 0;
  return createApi().openapi(streamRoute, async (c) => {
    if (open >= STREAMS_MAX) throw tooMany();
    const { seconds, ...query } = c.req.valid("query");
    const after = c.req.valid("header")["last-event-id"] ?? query.after;
    const left = new AbortController();
    const parts = await followEvents(ctx, c.get("caller"), { ...query, after }, {
      forMs: seconds * 1000,
      beatMs: BEAT_MS,
      signal: AbortSignal.any([left.signal, c.req.raw.signal]),
    });
    open++;
    const body = streamOf(parts, {
      onLeft: () => left.abort(),
      onEnd: () => open--,
      onError: (error) => ctx.log("event_stream.broke_off", { error: String(error) }),
    });
    return c.body(body, 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no", // nginx would otherwise keep events back
    });
  });
}

interface StreamEnds {
  /** The client has gone. */
  onLeft(): void;
  /** Nothing more is sent, whoever ended it; called once. */
  onEnd(): void;
  onError(error: unknown): void;
}

function streamOf(parts: AsyncGenerator<FeedPart>, ends: StreamEnds): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isEnded = false;
  const end = () => {
    if (!isEnded) ends.onEnd();
    isEnded = true;
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await parts.next();
        if (!done) return controller.enqueue(encoder.encode(formatPart(value)));
      } catch (error) {
        ends.onError(error); // the client comes back and is told by status
      }
      end();
      // A client that left has closed it already.
      try {
        controller.close();
      } catch { /* closed */ }
    },
    cancel() {
      ends.onLeft();
      end();
    },
  });
}

/** WHATWG HTML §9.2.6: an `id` without `data` moves the reader's last event id and shows nothing. */
export function formatPart(part: FeedPart): string {
  switch (part.kind) {
    case "start":
      return `retry: ${RETRY_MS}\nid: ${part.at}\n\n`;
    case "event":
      return `id: ${part.event.id}\ndata: ${JSON.stringify(part.event)}\n\n`;
    case "beat":
      return `: beat\nid: ${part.at}\n\n`;
  }
}

function tooMany(): DomainError {
  return new DomainError({
    kind: "limited",
    code: "event_stream.too_many",
    message: `${STREAMS_MAX} streams are open already`,
    accepted: `at most ${STREAMS_MAX} streams at once`,
    retryAfterSeconds: 5,
  });
}
