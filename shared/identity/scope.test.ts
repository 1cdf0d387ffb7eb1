import { expect, test } from "vitest";
import { roleWithin } from "./scope.ts";

test.each(
  [
    ["admin", "admin", "admin"],
    ["admin", "operate", "operator"],
    ["admin", "read", "viewer"],
    ["operator", "admin", "operator"],
    ["operator", "read", "viewer"],
    ["viewer", "admin", "viewer"],
    ["viewer", "operate", "viewer"],
  ] as const,
)("roleWithin gives a key of %s with scope %s the role %s", (owner, scope, role) => {
  expect(roleWithin(owner, scope)).toBe(role);
});
