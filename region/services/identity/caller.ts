import type { Scope } from "@/shared/identity/scope.ts";
import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import type { RepeatableRequest } from "./repeatable_request.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Who asks. */
export interface Caller {
  readonly userId: number;
  readonly username: string;
  /** The user's, or a weaker one where an API key allows no more. */
  readonly role: Role;
  /** The resource pools whose machines they may see and touch; absent: all. */
  readonly poolIds?: readonly number[];
  /** Set when they came with a session. */
  readonly sessionId?: number;
  /** Set when they came with an API key. */
  readonly apiKey?: { readonly id: number; readonly scope: Scope; readonly expiresAt: Date | null };
  /** Where the request came from, for the audit; absent when the home does not tell. */
  readonly remoteAddress?: string;
  /** Set when the request may be repeated: `recordChange` remembers it with what it changes. */
  readonly repeatable?: RepeatableRequest;
  /** Names the request in logs, audit and answers. */
  readonly requestId?: string;
}

/** Throws `forbidden` unless the caller has the role or a stronger one. */
export function requireRole(caller: Caller, weakest: Role): void {
  if (ROLES.indexOf(caller.role) >= ROLES.indexOf(weakest)) return;
  throw new DomainError({
    kind: "forbidden",
    code: "caller.role_too_weak",
    message: `${caller.username} is ${caller.role}; this needs ${weakest}`,
  });
}
