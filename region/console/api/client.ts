import type { Problem } from "@/shared/contract/problem.ts";
import type { InputOf, Method, OutputOf, PathOf } from "./api_schema.ts";

const BASE = "/api/v1";
/** Shows the region that a page of its own asks: see `region/routes/session_cookie.ts`. */
const CSRF_HEADER = "x-rackwright-csrf";
const RETRY_MS = 800;

/** A refusal by the region, or that it could not be asked at all (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export interface RequestOptions {
  /** The version that the person saw: refused if somebody changed it since. */
  readonly ifMatch?: number;
  readonly signal?: AbortSignal;
}

type Input<P extends PathOf<M>, M extends Method> = InputOf<P, M> & RequestOptions;
/** Absent where nothing in it is needed. */
type Args<P extends PathOf<M>, M extends Method> = Record<never, never> extends Input<P, M>
  ? [input?: Input<P, M>]
  : [input: Input<P, M>];

/** The API, typed by the region's own routes: `api.get("/sites/:siteId", { param: { siteId } })`. */
export const api = {
  get: <P extends PathOf<"get">>(path: P, ...[input]: Args<P, "get">) =>
    ask<OutputOf<P, "get">>("GET", path as string, input),
  post: <P extends PathOf<"post">>(path: P, ...[input]: Args<P, "post">) =>
    ask<OutputOf<P, "post">>("POST", path as string, input),
  put: <P extends PathOf<"put">>(path: P, ...[input]: Args<P, "put">) =>
    ask<OutputOf<P, "put">>("PUT", path as string, input),
  patch: <P extends PathOf<"patch">>(path: P, ...[input]: Args<P, "patch">) =>
    ask<OutputOf<P, "patch">>("PATCH", path as string, input),
  delete: <P extends PathOf<"delete">>(path: P, ...[input]: Args<P, "delete">) =>
    ask<OutputOf<P, "delete">>("DELETE", path as string, input),
};

export interface LooseInput extends RequestOptions {
  readonly param?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly json?: unknown;
  /** In place of JSON. */
  readonly bytes?: Blob;
}

/** The same for routes that are made in a loop, and so have no type of their own. */
export async function ask<T>(method: string, path: string, input: LooseInput = {}): Promise<T> {
  const response = await send(method, urlOf(path, input), input);
  if (response.status === 204) return undefined as T; // nothing is what its type says
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return (isJson ? JSON.parse(text) : text) as T; // typed by the route
}

/** The answer as it comes in, for what is too long to wait for. */
export async function stream(path: string, input: LooseInput = {}): Promise<Response> {
  return await send("GET", urlOf(path, input), input);
}

export function urlOf(path: string, { param = {}, query = {} }: LooseInput): string {
  const filled = path.replaceAll(
    /:(\w+)/g,
    (_, name: string) => encodeURIComponent(String(param[name] ?? "")),
  );
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]]
  );
  const search = new URLSearchParams(pairs).toString();
  return `${BASE}${filled}${search ? `?${search}` : ""}`;
}

async function send(method: string, url: string, input: LooseInput): Promise<Response> {
  const { json, bytes, ifMatch, signal } = input;
  const headers: Record<string, string> = {};
  if (method !== "GET") headers[CSRF_HEADER] = "1";
  if (json !== undefined) headers["content-type"] = "application/json";
  if (bytes !== undefined) headers["content-type"] = "application/octet-stream";
  if (ifMatch !== undefined) headers["if-match"] = `"${ifMatch}"`;
  // The same key with the repeat below: done once, however often it arrives.
  if (method === "POST" && !url.endsWith("/sessions")) {
    headers["idempotency-key"] = randomKey();
  }
  const body = json === undefined ? bytes : JSON.stringify(json);
  const once = () => fetch(url, { method, headers, body, signal, credentials: "same-origin" });
  const isRepeatable = method === "GET" || headers["idempotency-key"] !== undefined;
  const response = await once().catch(async (cause) => {
    if (signal?.aborted) throw cause;
    if (!isRepeatable) throw unreachable();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    return await once().catch(() => {
      throw unreachable();
    });
  });
  noteServerTime(response);
  if (response.ok) return response;
  throw new ApiError(await problemOf(response));
}

/** Not by `randomUUID`, which browsers have over https only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: "region.unreachable",
    detail: "The region did not answer. Look whether this computer is connected, then try again.",
  });
}

async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  try {
    const problem: Problem = await response.json();
    if (typeof problem.code === "string") return { requestId, ...problem };
  } catch { /* not ours: a proxy between */ }
  return {
    status: response.status,
    code: "region.strange_answer",
    detail: `Something between here and the region answered with ${response.status}.`,
    requestId,
  };
}

let serverAheadMs = 0;

/** By the region's clock: ages are right on a laptop whose clock is not. */
export function serverNowMs(): number {
  return Date.now() + serverAheadMs;
}

/** Its header has whole seconds, so differences below two are nothing. */
function noteServerTime(response: Response): void {
  const serverMs = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(serverMs)) return;
  const aheadMs = serverMs + 500 - Date.now();
  serverAheadMs = Math.abs(aheadMs) > 2000 ? aheadMs : 0;
}

/** Any failure as a problem that a person can be shown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  console.error(error);
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, code: "console.fault", detail: `This page made a mistake: ${detail}` };
}
