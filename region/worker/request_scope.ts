import { AsyncLocalStorage } from "node:async_hooks";
import type { Db } from "@/region/db/client.ts";

/** What belongs to one request: a Worker may use no other's connections, and not even its promises. */
export interface RequestScope {
  readonly db: Db;
  /** Keeps the request alive, its answer given, until the work is done. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work`; wherever it leads, `requestScope()` is this scope. */
export function withScope<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** The scope of the request that is being answered. */
export function requestScope(): RequestScope {
  const scope = scopes.getStore();
  if (!scope) throw new Error("this belongs to requests, and there is none");
  return scope;
}
