import { drizzle } from "drizzle-orm/neon-serverless";
import { neonConfig, Pool, type PoolClient } from "@neondatabase/serverless";
import type { Connection } from "./client.ts";

export interface NeonAddress {
  /** `postgres://…`, as Neon's console shows it. */
  readonly url: string;
  /**
   * `host:port` of a WebSocket proxy that carries the driver to a PostgreSQL which is not Neon's, in
   * the clear. For this host or a private network only.
   */
  readonly proxy?: string;
}

/** A connection for one request, as Workers want it. */
export interface NeonConnection extends Connection {
  /** Whether the database has been spoken to at all. */
  isOpen(): boolean;
}

/** A sleeping database is awake in a second or two. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Longer than any statement of ours takes; a database that hangs must not hang the request. */
const ANSWER_TIMEOUT_MS = 20_000;
/** A stream that is being read slowly keeps no connection. */
const IDLE_MS = 5000;

export interface NeonHooks {
  readonly onIdleError: (error: Error) => void;
  /** Done before each use of the database that may be the start of something. */
  readonly beforeUse?: () => Promise<void>;
}

/**
 * Opens a client of Neon's over WebSocket; it connects when first used.
 *
 * One request, one connection: a Worker may not share them, and work that needed two at once would
 * wait for itself.
 */
export function connectNeon(
  { url, proxy }: NeonAddress,
  { onIdleError, beforeUse }: NeonHooks,
): NeonConnection {
  if (proxy !== undefined) {
    neonConfig.wsProxy = () => proxy;
    neonConfig.useSecureWebSocket = false;
    neonConfig.pipelineConnect = false; // or only a password in the clear would do
  }
  let isOpen = false;
  const pool = new HookedPool({
    connectionString: url,
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  }, beforeUse);
  // Without a listener, an idle connection that the server closes ends the isolate.
  pool.on("error", onIdleError);
  pool.on("connect", () => {
    isOpen = true;
  });
  return { db: drizzle(pool), isOpen: () => isOpen, close: () => pool.end() };
}

type Connected = Parameters<typeof Pool.prototype.connect>[0];

/** Every statement and every transaction comes through `connect`. */
class HookedPool extends Pool {
  readonly #before: (() => Promise<void>) | undefined;

  constructor(config: ConstructorParameters<typeof Pool>[0], before?: () => Promise<void>) {
    super(config);
    this.#before = before;
  }

  // The two overloads of the driver's own: a promise, or a callback.
  // deno-lint-ignore no-explicit-any -- its type for one implementation of both
  override connect(done?: Connected): any {
    if (!done) return this.#connected();
    this.#connected().then(
      (client) => done(undefined, client, (error) => client.release(error)),
      (error) => done(error, undefined as never, () => {}), // as the driver calls it on failure
    );
  }

  async #connected(): Promise<PoolClient> {
    await this.#before?.();
    try {
      return await super.connect();
    } catch (error) {
      throw error instanceof Error ? error : notOpened(error);
    }
  }
}

/** The driver passes on the WebSocket's event; class 08 is a lost connection, PostgreSQL appendix A. */
function notOpened(event: unknown): Error {
  const why = event instanceof Event && "message" in event ? String(event.message) : String(event);
  return Object.assign(new Error(`the database's WebSocket did not open: ${why}`), {
    code: "08001",
  });
}
