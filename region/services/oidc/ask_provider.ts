import type { RegionContext } from "@/region/context.ts";
import { readOutboundUrl } from "@/region/domain/outbound_url.ts";
import { leadsHome } from "@/region/services/leads_home.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

const TIMEOUT_MS = 5000;
const ANSWER_BYTES_MAX = 512 * 1024;
const WORDS_MAX = 200;

/** What is sent to the provider. */
export interface Question {
  readonly url: string;
  /** Sent as a form, RFC 6749 §4.1.3; absent: GET. */
  readonly form?: Readonly<Record<string, string>>;
  readonly authorization?: string;
}

/**
 * Asks the provider for JSON. Throws `unavailable` in words for whoever wants to sign in and whoever
 * set the provider up: what was asked, and what it answered.
 */
export async function askProvider(ctx: RegionContext, question: Question): Promise<unknown> {
  const url = await mustBeAllowed(ctx, question.url);
  const { form, authorization } = question;
  const where = `${url.host}${url.pathname}`;
  let status: number;
  let text: string | undefined;
  try {
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      headers: { accept: "application/json", ...(authorization ? { authorization } : {}) },
      ...(form ? { body: new URLSearchParams(form) } : {}),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    text = await readLimited(response);
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    throw providerFault(
      isLate
        ? `the identity provider did not answer at ${where} within ${TIMEOUT_MS / 1000} s`
        : `the identity provider cannot be reached at ${where}`,
    );
  }
  if (text === undefined) {
    throw providerFault(`the identity provider answered more than ${ANSWER_BYTES_MAX} bytes`);
  }
  const json = parseJson(text);
  if (status === 200 && json !== undefined) return json;
  throw providerFault(
    `the identity provider answered ${status} at ${where}${wordsOf(json) ?? noJson(status, json)}`,
  );
}

/** Also for addresses that the provider itself tells: they are as untrusted as any. */
export async function mustBeAllowed(ctx: RegionContext, text: string): Promise<URL> {
  const allowed = ctx.oidcHosts ?? [];
  const read = readOutboundUrl(text, allowed);
  if ("fault" in read) {
    throw providerFault(`the identity provider's address is not used: ${read.fault}`, text);
  }
  if (!await leadsHome(ctx, read.url, allowed)) return read.url;
  throw providerFault(
    `the identity provider's name ${read.url.hostname} leads to the region's own host or link; ` +
      "if that is meant, name it in RACKWRIGHT_OIDC_HOSTS",
    text,
  );
}

export function providerFault(message: string, value?: string): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "identity_provider.fault",
    message: `${message}; sign in with a password meanwhile`,
    value: value?.slice(0, WORDS_MAX),
  });
}

/** Undefined: it is too long. */
async function readLimited(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return undefined; // leaving the loop cancels the rest
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text(); // chunks of a body are plain byte arrays
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function noJson(status: number, json: unknown): string {
  return status === 200 && json === undefined ? ", which is not JSON" : "";
}

/** RFC 6749 §5.2: an error's name, and words for people. */
export function wordsOf(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const words = ["error", "error_description"].map((name) => Reflect.get(json, name))
    .filter((each) => typeof each === "string" && each !== "");
  return words.length === 0 ? undefined : `: ${printable(words.join(", "))}`;
}

/** The character set of RFC 6749 §5.2, for it goes into logs and answers. */
export function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, WORDS_MAX);
}
