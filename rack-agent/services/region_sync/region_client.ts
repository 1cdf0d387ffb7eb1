import { base64url, importJWK, type JWK, SignJWT } from "jose";
import { Problem } from "@/shared/contract/problem.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";

/** What the agent shows the region with every request. */
export interface Caller {
  readonly signingKey: { kty: string; crv: string; x: string; d: string };
  /** Absent only while joining. */
  readonly credential?: string;
}

export interface RegionRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** From the slash after the region's address, such as `/agent/v1/facts`. */
  readonly path: string;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The region answered, and refused: `code` says what, stable. */
export class RegionRefusal extends Error {
  override readonly name = "RegionRefusal";
  constructor(readonly status: number, readonly code: string, detail: string) {
    super(`the region refused (${status} ${code}): ${detail}`);
  }
}

/**
 * Signed requests to the region: a proof of possession after RFC 9449 with each, which also covers
 * the body (`bh`).
 *
 * The host's clock may be wrong: a refusal for a stale proof carries the region's time, the
 * difference is kept, and the request is made once more.
 */
export class RegionClient {
  #offsetMs = 0;

  constructor(
    private readonly regionUrl: string,
    private readonly caller: () => Caller,
    private readonly clock: Clock,
  ) {}

  /** The response when its status is 2xx or 304; a RegionRefusal otherwise; or fetch's own error. */
  async request(request: RegionRequest): Promise<Response> {
    const first = await this.#send(request);
    if (first.ok || first.status === 304) return first;
    const problem = await problemOf(first);
    if (problem.code !== "proof.stale" || !problem.now) throw refusal(first.status, problem);
    this.#offsetMs = Date.parse(problem.now) - this.clock.nowMs();
    const second = await this.#send(request);
    if (second.ok || second.status === 304) return second;
    throw refusal(second.status, await problemOf(second));
  }

  async #send(request: RegionRequest): Promise<Response> {
    const timeout = AbortSignal.timeout(request.timeoutMs);
    const { credential } = this.caller();
    return await fetch(this.regionUrl + request.path, {
      method: request.method,
      body: request.body,
      redirect: "follow",
      signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
      headers: {
        ...request.headers,
        ...(credential ? { authorization: `DPoP ${credential}` } : {}),
        dpop: await this.#proof(request, credential),
      },
    });
  }

  async #proof(request: RegionRequest, credential: string | undefined): Promise<string> {
    const { kty, crv, x, d } = this.caller().signingKey;
    const key = await importJWK({ kty, crv, x, d } as JWK, "EdDSA");
    const url = new URL(this.regionUrl + request.path);
    return await new SignJWT({
      jti: crypto.randomUUID(),
      htm: request.method,
      htu: url.origin + url.pathname,
      iat: Math.floor((this.clock.nowMs() + this.#offsetMs) / 1000),
      bh: await hash(request.body ?? new Uint8Array()),
      ...(credential ? { ath: await hash(new TextEncoder().encode(credential)) } : {}),
    }).setProtectedHeader({ alg: "EdDSA", typ: "dpop+jwt", jwk: { kty, crv, x } as JWK }).sign(key);
  }
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  const text = (await response.text()).slice(0, 4096);
  try {
    return Problem.partial().parse(JSON.parse(text));
  } catch {
    return { detail: text };
  }
}

function refusal(status: number, problem: Partial<Problem>): Error {
  const code = problem.code ?? "http.unexpected";
  // 5xx and 429 pass by themselves; the rest needs a change here or there.
  if (status >= 500 || status === 429) {
    return new DomainError({
      kind: "unavailable",
      code: "region.unavailable",
      message: `the region answered ${status} ${code}: ${problem.detail ?? ""}`,
    });
  }
  return new RegionRefusal(status, code, problem.detail ?? "no reason given");
}
