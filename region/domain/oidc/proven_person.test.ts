import { describe, expect, test } from "vitest";
import { type ClaimRules, isOfDomains, readPerson } from "./proven_person.ts";

const rules: ClaimRules = {
  usernameClaim: "preferred_username",
  groupsClaim: "groups",
  roleMappings: [
    { value: "rack-hands", role: "operator" },
    { value: "rack-admins", role: "admin" },
    { value: "everybody", role: "viewer" },
  ],
  groupMappings: [{ value: "team-a", groupId: 1 }, { value: "team-b", groupId: 2 }],
  defaultRole: null,
  emailDomains: [],
};
const person = (claims: Record<string, unknown>, change: Partial<ClaimRules> = {}) =>
  readPerson(claims, { ...rules, ...change });

describe("readPerson()", () => {
  test("gives the strongest role that a value is mapped to, else the default, else none", () => {
    expect(person({ groups: ["everybody", "rack-admins", "rack-hands"] }).role).toBe("admin");
    expect(person({ groups: "rack-hands" }).role).toBe("operator");
    expect(person({ groups: ["others"] }, { defaultRole: "viewer" }).role).toBe("viewer");
    expect(person({ groups: ["others"] }).role).toBeNull();
    expect(person({ groups: ["rack-admins"] }, { groupsClaim: null }).role).toBeNull();
  });

  test("finds a claim by its name before it is taken for a path", () => {
    const claims = { "https://x.example/r": ["team-a"], realm: { roles: ["team-b"] } };
    expect(person(claims, { groupsClaim: "https://x.example/r" }).groupIds).toEqual([1]);
    expect(person(claims, { groupsClaim: "realm.roles" }).groupIds).toEqual([2]);
    expect(person({ realm: null }, { groupsClaim: "realm.roles" }).groupIds).toEqual([]);
    expect(person({}, { groupsClaim: "constructor.name" }).groupIds).toEqual([]);
  });

  test("reads over what is no text", () => {
    const odd = { groups: [1, null, { a: 1 }, "team-a"], preferred_username: 7, name: ["A\nB"] };
    expect(person(odd)).toMatchObject({ groupIds: [1], username: undefined, displayName: "A B" });
  });

  test("believes an address only when the provider has verified it", () => {
    const email = "Ann@Example.com";
    const read = (email_verified: unknown) => person({ email, email_verified }).verifiedEmail;
    expect([read(true), read("true")]).toEqual(["ann@example.com", "ann@example.com"]);
    for (const not of [false, "false", undefined, 1, null]) expect(read(not)).toBeUndefined();
    expect(person({ email: "no address", email_verified: true }).verifiedEmail).toBeUndefined();
  });
});

describe("isOfDomains()", () => {
  test.each([
    ["ann@example.com", true],
    ["ann@sub.example.com", false],
    ["ann@example.com.evil.test", false],
    ["ann@notexample.com", false],
    ['"a@example.com"@evil.test', false],
    [undefined, false],
  ])("%s: %s", (verifiedEmail, isIn) => {
    expect(isOfDomains({ verifiedEmail }, ["example.com"])).toBe(isIn);
    expect(isOfDomains({ verifiedEmail }, [])).toBe(true);
  });
});
