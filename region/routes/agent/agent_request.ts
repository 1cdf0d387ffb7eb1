import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import type { AgentRequest } from "@/region/services/agents/authenticate_agent.ts";
import { malformed } from "../input/refusals.ts";

/** A request as the services want it, with its whole body. Throws 413 when that is too large. */
export async function readRequest(c: Context, bodyBytesMax: number): Promise<AgentRequest> {
  return {
    method: c.req.method,
    path: new URL(c.req.url).pathname,
    authorization: c.req.header("authorization"),
    proof: c.req.header("dpop"),
    body: await readBody(c.req.raw, bodyBytesMax),
  };
}

/** The body as JSON of this shape. Unknown fields are ignored: agents may be newer than the region. */
export function parseBody<S extends z.ZodType>(schema: S, request: AgentRequest): z.infer<S> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(request.body));
  } catch (cause) {
    throw malformed("the body is not JSON in UTF-8", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".");
  throw malformed(`${field || "the body"}: ${issue?.message}`, { field: field || undefined });
}

/** Counts while reading: the length that a client names is no promise. */
async function readBody(request: Request, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  const body = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}

function tooLarge(bytesMax: number): HTTPException {
  return new HTTPException(413, { message: `the body may have at most ${bytesMax} bytes` });
}
