import { CredentialResponse, EnrolmentResponse } from "@/shared/contract/enrolment.ts";
import type { FactsResponse } from "@/shared/contract/facts.ts";
import { Problem } from "@/shared/contract/problem.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { makeTestAgentKeys, makeTestProof, type TestAgentKeys } from "@/region/tokens/test_keys.ts";
import type { RegionUnderTest } from "./region_under_test.ts";

/** What a request may carry, and what may be wrong with it. */
export interface TestRequest {
  readonly body?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  /** Claims of the proof to replace. */
  readonly wrong?: Record<string, unknown>;
  readonly signal?: AbortSignal;
}

/** An agent that has joined: it signs its requests as a real one does. */
export interface TestAgent {
  readonly keys: TestAgentKeys;
  readonly enrolled: EnrolmentResponse;
  credential: string;
  request(method: string, path: string, request?: TestRequest): Promise<Response>;
  /** Posts facts numbered from where this agent is. */
  report(...facts: Record<string, unknown>[]): Promise<FactsResponse>;
  state(): Promise<SiteState>;
  /** Gets a fresh credential. */
  renew(): Promise<void>;
}

/** Joins a site with a fresh token and keys. */
export async function joinSite(region: RegionUnderTest, siteId: string): Promise<TestAgent> {
  const keys = await makeTestAgentKeys();
  const response = await enrol(region, keys, await region.makeToken(siteId));
  if (response.status !== 201) throw new Error(await response.text());
  const enrolled = EnrolmentResponse.parse(await response.json());
  let seq = 0;
  const agent: TestAgent = {
    keys,
    enrolled,
    credential: enrolled.credential,
    request: (method, path, request = {}) => send(region, agent, method, path, request),
    async report(...facts) {
      const firstSeq = seq + 1;
      const at = region.ctx.now().toISOString();
      const numbered = facts.map((fact) => ({ at, monoMs: 1, ...fact, seq: ++seq }));
      const body = { agentId: enrolled.agentId, firstSeq, facts: numbered };
      const posted = await agent.request("POST", "/facts", { body });
      if (posted.status !== 200) throw new Error(await posted.text());
      return await posted.json();
    },
    async state() {
      const got = await agent.request("GET", `/sites/${siteId}/state`);
      if (got.status !== 200) throw new Error(await got.text());
      return readDocument(await got.text());
    },
    async renew() {
      const renewed = await agent.request("POST", "/credential");
      agent.credential = CredentialResponse.parse(await renewed.json()).credential;
    },
  };
  return agent;
}

/** POST /enrolment; `override` replaces fields of the body, `wrong` claims of the proof. */
export async function enrol(
  region: RegionUnderTest,
  keys: TestAgentKeys,
  token: string,
  { override = {}, wrong = {} }: {
    override?: Record<string, unknown>;
    wrong?: Record<string, unknown>;
  } = {},
): Promise<Response> {
  const url = `${region.ctx.publicUrl}/agent/v1/enrolment`;
  const body = encode({
    token,
    signingKey: keys.signingJwk,
    encryptionKey: keys.encryptionJwk,
    hostname: "rack-host",
    agentVersion: "1.0.0",
    ...override,
  });
  const now = region.ctx.now();
  const dpop = await makeTestProof(keys, { method: "POST", url, body, now }, wrong);
  return await region.app.request(url, { method: "POST", body, headers: { dpop } });
}

async function send(
  region: RegionUnderTest,
  agent: TestAgent,
  method: string,
  path: string,
  { body, bytes, headers, wrong, signal }: TestRequest,
): Promise<Response> {
  const url = `${region.ctx.publicUrl}/agent/v1${path}`;
  const payload = bytes ?? (body === undefined ? undefined : encode(body));
  const { credential, keys } = agent;
  const now = region.ctx.now();
  const dpop = await makeTestProof(
    keys,
    { method, url, body: payload, credential, now },
    wrong,
  );
  return await region.app.request(url, {
    method,
    body: payload,
    signal,
    headers: { authorization: `DPoP ${credential}`, dpop, ...headers },
  });
}

/** The refusal's code, after checking that it is a problem at all. */
export async function codeOf(response: Response): Promise<string> {
  const problem = Problem.parse(await response.json());
  if (problem.status !== response.status) throw new Error("status differs in the body");
  return problem.code;
}

/** The state in a document. Its signature is the agent's affair, and checked in `tokens`. */
export function readDocument(document: string): SiteState {
  const payload = (document.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
  return SiteState.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
