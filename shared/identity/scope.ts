import { type Role, ROLES } from "../machine/lifecycle.ts";

/**
 * What an API key may do at most, weakest first.
 *
 * `read` looks and changes nothing, whoever owns the key; `operate` does what an operator may;
 * `admin` does all that its owner may.
 */
export const SCOPES = ["read", "operate", "admin"] as const;
export type Scope = typeof SCOPES[number];

/** The role in which a key acts: its owner's, but no stronger than its scope. */
export function roleWithin(owner: Role, scope: Scope): Role {
  const strongest = Math.min(ROLES.indexOf(owner), SCOPES.indexOf(scope));
  return ROLES[strongest] ?? "viewer";
}
