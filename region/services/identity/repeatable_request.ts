import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import {
  findRepeatableRequest,
  insertRepeatableRequest,
  type RepeatableRequestRow,
  setAnswer,
} from "@/region/db/queries/repeatable_requests.ts";
import { hmacHex, toHex } from "@/region/tokens/digest.ts";
import { sealUnder, unsealText } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Caller } from "./caller.ts";

/** A request that its sender may repeat: it came with an Idempotency-Key. */
export interface RepeatableRequest {
  readonly key: string;
  /** Of all that was asked for, and by whom. */
  readonly hash: string;
  /** Random: tells this request from another one with the same key. */
  readonly id: string;
}

/** What was asked for; the same each time that the same is asked. */
export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly mediaType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** How a request was answered, to be answered so again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

/** Longer ones are not kept: a repeat is told so. */
const ANSWER_CHARS_MAX = 4 * 1024 ** 2;
/** After so long without an answer nobody is at work on it any more. */
const ANSWER_AWAITED_MS = 60_000;
const ASK_AGAIN_AFTER_SECONDS = 1;

/**
 * The request as the caller carries it. Its hash is keyed, for a body may hold a password that
 * somebody could find by trying; and it has the caller's rights in it, so that a narrower key of the
 * same user is not told what a wider one was.
 */
export async function makeRepeatable(
  ctx: Pick<RegionContext, "randomBytes" | "secrets">,
  caller: Caller,
  { key, asked }: { key: string; asked: Asked },
): Promise<RepeatableRequest> {
  const { method, path, mediaType, body } = asked;
  const { sealKey } = ctx.secrets;
  const rights = [caller.role, caller.apiKey?.id ?? null, caller.poolIds ?? null];
  const head = new TextEncoder().encode(JSON.stringify([method, path, mediaType, ...rights]));
  const parts = [await hmacHex(sealKey.key, head), await hmacHex(sealKey.key, body)];
  return { key, hash: parts.join(""), id: toHex(ctx.randomBytes(12)) };
}

/** The part of a request that concerns one of its many items: it can be repeated by itself. */
export function repeatableItem(
  { key, hash, id }: RepeatableRequest,
  item: string,
): RepeatableRequest {
  // No header can hold a line feed, so nobody sends such a key.
  return { key: `${key}\n${item}`, hash, id: `${id}-${item}` };
}

/**
 * How the same request was answered before; undefined when it is the first.
 *
 * Throws `conflict`: `idempotency.key_reused` when the key came with another request,
 * `idempotency.in_progress` while the first is at work, `idempotency.answer_lost` when it was carried
 * out and its answer is not there to be given again.
 */
export async function findKeptAnswer(
  ctx: Pick<RegionContext, "db" | "now" | "secrets">,
  caller: Caller,
  request: RepeatableRequest,
): Promise<KeptAnswer | undefined> {
  const row = await findRepeatableRequest(ctx.db, caller.userId, request.key);
  if (!row || row.id === request.id) return undefined;
  if (row.requestHash !== request.hash) throw keyReused();
  if (row.sealedAnswer === null) throw notAnswered(row, ctx.now());
  // Sealed by `keepAnswer`, and nobody else can.
  return JSON.parse(await unsealText(ctx.secrets.sealKey, row.sealedAnswer)) as KeptAnswer;
}

/**
 * Writes down, in the transaction that does it, that a request is carried out. Any number of times
 * for one request; throws `conflict` when another one with the same key was first.
 */
export async function rememberRequest(
  ctx: Pick<RegionContext, "now">,
  tx: Db,
  { userId, request }: { userId: number; request: RepeatableRequest },
  operationId?: string,
): Promise<void> {
  const { key, hash: requestHash, id } = request;
  const row = { userId, key, id, requestHash, operationId: operationId ?? null, at: ctx.now() };
  if (await insertRepeatableRequest(tx, row)) return;
  const earlier = await findRepeatableRequest(tx, userId, key);
  if (earlier?.id !== id) throw inProgress();
}

/** Adds how a request was answered; false when it changed nothing, so that it can just be repeated. */
export async function keepAnswer(
  ctx: Pick<RegionContext, "db" | "secrets">,
  request: RepeatableRequest,
  answer: KeptAnswer,
): Promise<boolean> {
  const text = JSON.stringify(answer);
  const sealedAnswer = text.length > ANSWER_CHARS_MAX
    ? null
    : await sealUnder(ctx.secrets.sealKey, text);
  return await setAnswer(ctx.db, request.id, { answerStatus: answer.status, sealedAnswer });
}

function notAnswered({ at, answerStatus }: RepeatableRequestRow, now: Date): DomainError {
  const isLost = answerStatus !== null || now.getTime() - at.getTime() > ANSWER_AWAITED_MS;
  if (!isLost) return inProgress();
  return new DomainError({
    kind: "conflict",
    code: "idempotency.answer_lost",
    message: `this request was carried out at ${at.toISOString()}, at least in part, and its ` +
      "answer was not kept; see what it did in GET /api/v1/audit, and do not send it with a new key",
  });
}

function inProgress(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "idempotency.in_progress",
    message: "a request with this Idempotency-Key is being carried out; ask again in a second",
    retryAfterSeconds: ASK_AGAIN_AFTER_SECONDS,
  });
}

function keyReused(): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "idempotency.key_reused",
    field: "Idempotency-Key",
    accepted: "a key of its own for each request; the same key only with the very same request",
    message: "this Idempotency-Key came with another request (path, body or credentials) in the " +
      "last 24 hours; use a new one",
  });
}
