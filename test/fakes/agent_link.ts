import { EnrolmentResponse } from "@/shared/contract/enrolment.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { makeTestAgentKeys, makeTestProof, type TestAgentKeys } from "@/region/tokens/test_keys.ts";

/** A signed line to a region, as an agent has it once it has joined. */
export interface AgentLink {
  readonly siteId: string;
  /** Facts in order; numbered and timed here. */
  report(facts: readonly Readonly<Record<string, unknown>>[]): Promise<void>;
  /** Sends bytes under their hash, for a fact to name them. */
  upload(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The state when it is another than the last time; held by the region until it is, for a while. */
  poll(signal: AbortSignal): Promise<SiteState | undefined>;
}

const HOLD_SECONDS = 5;

/** Joins the site that the token is for. */
export async function joinRegion(
  { url, token, hostname }: { url: string; token: string; hostname: string },
): Promise<AgentLink> {
  const keys = await makeTestAgentKeys();
  const body = encode({
    token,
    signingKey: keys.signingJwk,
    encryptionKey: keys.encryptionJwk,
    hostname,
    agentVersion: "0.1.0",
  });
  const enrolment = `${url}/agent/v1/enrolment`;
  const dpop = await makeTestProof(keys, { method: "POST", url: enrolment, body, now: new Date() });
  const response = await fetch(enrolment, { method: "POST", body, headers: { dpop } });
  if (response.status !== 201) throw new Error(await response.text());
  const { agentId, site, credential } = EnrolmentResponse.parse(await response.json());
  const send = sender({ url, keys, credential });
  let etag: string | null = null;
  let seq = 0;
  let lastReport: Promise<unknown> = Promise.resolve();
  return {
    siteId: site.id,
    report(facts) {
      const numbered = facts.map((fact) => ({
        at: new Date().toISOString(),
        monoMs: performance.now(),
        ...fact,
        seq: ++seq,
      }));
      const [first] = numbered;
      if (!first) return Promise.resolve();
      const payload = encode({ agentId, firstSeq: first.seq, facts: numbered });
      // One after the other: the region takes them by their numbers.
      const sent = lastReport.then(() => send("POST", "/facts", { body: payload }));
      lastReport = sent;
      return sent.then((answer) => void answer.body?.cancel());
    },
    async upload(sha256, bytes) {
      await (await send("PUT", `/blobs/${sha256}`, { body: bytes })).body?.cancel();
    },
    async poll(signal) {
      const answer = await send("GET", `/sites/${site.id}/state`, {
        signal,
        headers: {
          prefer: `wait=${HOLD_SECONDS}`,
          ...(etag === null ? {} : { "if-none-match": etag }),
        },
      });
      if (answer.status === 304) return void await answer.body?.cancel();
      etag = answer.headers.get("etag");
      return readDocument(await answer.text());
    },
  };
}

interface Sent {
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

function sender({ url, keys, credential }: {
  url: string;
  keys: TestAgentKeys;
  credential: string;
}) {
  return async (method: string, path: string, { body, headers, signal }: Sent) => {
    const target = `${url}/agent/v1${path}`;
    const dpop = await makeTestProof(keys, {
      method,
      url: target,
      body,
      credential,
      now: new Date(),
    });
    const response = await fetch(target, {
      method,
      body,
      signal,
      headers: { authorization: `DPoP ${credential}`, dpop, ...headers },
    });
    if (response.ok || response.status === 304) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
}

/** The state in a document; its signature is for real agents to check. */
function readDocument(document: string): SiteState {
  const payload = (document.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
  return SiteState.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
