import { z } from "zod";
import { Problem } from "@/shared/contract/problem.ts";

/** A refusal of the region, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The region's REST API with an API key. Every call throws an ApiError when it is refused. */
export interface ApiClient {
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  put<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  patch<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
}

/** Of a region on a host that boots machines meanwhile. */
const ANSWER_MS = 60_000;

/** A client of the region at `regionUrl` (no slash at the end); paths are those below `/api/v1`. */
export function createApiClient(
  regionUrl: string,
  apiKey: string,
  signal?: AbortSignal,
): ApiClient {
  const call = async <T>(method: string, path: string, body: unknown, schema: z.ZodType<T>) => {
    const timeout = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`${regionUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const text = await response.text();
    if (!response.ok) throw refusalOf(method, path, response.status, text);
    return readAnswer(method, path, text, schema);
  };
  return {
    get: (path, schema) => call("GET", path, undefined, schema),
    post: (path, body, schema) => call("POST", path, body, schema),
    put: (path, body, schema) => call("PUT", path, body, schema),
    patch: (path, body, schema) => call("PATCH", path, body, schema),
  };
}

function readAnswer<T>(method: string, path: string, text: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${method} ${path} answered in another form: ${z.prettifyError(parsed.error)}`);
}

function refusalOf(method: string, path: string, status: number, text: string): ApiError {
  const problem = Problem.safeParse(parseJson(text)).data;
  const said = problem ? `${problem.code}: ${problem.detail}` : text.slice(0, 200);
  return new ApiError(
    status,
    problem?.code ?? "unknown",
    `${method} ${path} refused, ${status}: ${said}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
