import { z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { RegionContext } from "@/region/context.ts";
import {
  type Asked,
  findKeptAnswer,
  keepAnswer,
  type KeptAnswer,
  makeRepeatable,
  type RepeatableRequest,
} from "@/region/services/identity/repeatable_request.ts";
import type { ApiEnv } from "./api.ts";

const KEY_CHARS_MAX = 128;

/** What every POST takes: `guardRoutes` adds it to each. */
export const IdempotencyKey = z.object({
  "idempotency-key": z.string().min(1).max(KEY_CHARS_MAX).optional().openapi({
    description:
      "Any text of your own, new for each request. Sent again within 24 hours with the " +
      "same request, it changes nothing more and is answered as the first time",
    example: "5e6f1c1e-8d5e-4a3c-9d0a-6f2f2a1b7c11",
  }),
});

/** Of an answer's headers, those that say something about what was done. */
const KEPT_HEADERS = ["content-type", "etag", "location"];

/**
 * Answers the repeat of a POST as the first one was answered, without doing it again.
 *
 * What was done is remembered by `recordChange` in the transaction that does it; here the answer is
 * added. So a request that changed nothing, a refused one above all, is simply tried again.
 */
export function repeatableRequests(ctx: RegionContext): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const key = c.req.header("idempotency-key") ?? "";
    const caller: ApiEnv["Variables"]["caller"] | undefined = c.get("caller");
    // A key that does not do is refused with all else that does not, by the route.
    const isRepeatable = c.req.method === "POST" && key.length > 0 && key.length <= KEY_CHARS_MAX;
    if (!caller || !isRepeatable) return await next();
    const request = await makeRepeatable(ctx, caller, { key, asked: await readAsked(c) });
    const earlier = await findKeptAnswer(ctx, caller, request);
    if (earlier) return replay(earlier);
    c.set("caller", { ...caller, repeatable: request });
    await next();
    if (await keep(ctx, c, request)) return;
    // Whoever was refused because the first one had just been carried out was not refused.
    const first = c.res.status < 400 ? undefined : await findKeptAnswer(ctx, caller, request);
    if (!first) return;
    c.res = undefined; // or its headers would be taken over
    c.res = replay(first);
  };
}

async function readAsked(c: Context<ApiEnv>): Promise<Asked> {
  const { pathname, search } = new URL(c.req.url);
  return {
    method: c.req.method,
    path: pathname + search,
    mediaType: c.req.header("content-type") ?? "",
    body: new Uint8Array(await c.req.arrayBuffer()),
  };
}

/** A failure here leaves the request done and unanswered for whoever repeats it; this answer is good. */
async function keep(
  ctx: RegionContext,
  c: Context<ApiEnv>,
  request: RepeatableRequest,
): Promise<boolean> {
  if (c.res.status >= 500) return true;
  const { status, headers } = c.res;
  try {
    return await keepAnswer(ctx, request, {
      status,
      headers: [...headers].filter(([name]) => KEPT_HEADERS.includes(name)),
      text: await c.res.clone().text(),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log("idempotency.answer_not_kept", { requestId: c.get("requestId"), reason });
    return true;
  }
}

function replay({ status, headers, text }: KeptAnswer): Response {
  const hasBody = status !== 204;
  return new Response(hasBody ? text : null, {
    status,
    headers: [...headers.map(([name, value]): [string, string] => [name, value]), [
      "idempotency-replayed",
      "true",
    ]],
  });
}
