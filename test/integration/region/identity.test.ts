import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFirstAdmin } from "@/region/services/identity/make_first_admin.ts";
import { hashPassword, verifyPassword } from "@/region/services/identity/password.ts";
import { createTestDatabase } from "@/region/db/test_database.ts";
import { PASSWORD, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const signIn = (body: unknown) => region.call("POST /api/v1/sessions", { as: null, body });

describe("a session", () => {
  test("opens with name and password, works, and expires", async () => {
    const { status, body } = await signIn({ username: "operator", password: PASSWORD });
    expect(status).toBe(201);
    const as = { token: body.token };
    expect((await region.call("GET /api/v1/me", { as })).body)
      .toMatchObject({ username: "operator", role: "operator", actingRole: "operator" });
    region.advance(Date.parse(body.expiresAt) - region.ctx.now().getTime() + 1);
    const late = await region.call("GET /api/v1/me", { as });
    expect([late.status, late.body.code]).toEqual([401, "caller.bad_credentials"]);
  });

  test("is refused in the same words for a wrong password and an unknown name", async () => {
    const wrong = await signIn({ username: "operator", password: "wrong" });
    const unknown = await signIn({ username: "nobody", password: PASSWORD });
    expect([wrong.status, wrong.body.code]).toEqual([401, "session.refused"]);
    expect({ ...unknown.body, requestId: "" }).toEqual({ ...wrong.body, requestId: "" });
    expect(unknown.status).toBe(wrong.status);
  });
});

describe("credentials", () => {
  test.each([
    "Basic YWRtaW46YWRtaW4=",
    "Bearer",
    "Bearer x",
    `Bearer rws_${"0".repeat(64)}`,
    `Bearer rwk_${"0".repeat(12)}_${"0".repeat(64)}`,
  ])("that are not ours are refused: %s", async (authorization) => {
    const { status, body, headers } = await region.call("GET /api/v1/me", {
      as: null,
      headers: { authorization },
    });
    expect([status, body.code]).toEqual([401, "caller.bad_credentials"]);
    expect(headers.get("www-authenticate")).toBe("Bearer");
  });

  test("with the right prefix and another secret are refused", async () => {
    const database = await createTestDatabase();
    try {
      const ctx = { ...region.ctx, db: database.db };
      const admin = await makeFirstAdmin(ctx);
      const forged = `${admin?.apiKey.slice(0, -1)}${admin?.apiKey.endsWith("0") ? "1" : "0"}`;
      const presented = (authorization: string) => ({ authorization, isWrite: false });
      const { authenticate } = await import("@/region/services/identity/authenticate.ts");
      expect(await authenticate(ctx, presented(`bearer ${admin?.apiKey}`))).toMatchObject({
        role: "admin",
      });
      await expect(authenticate(ctx, presented(`Bearer ${forged}`))).rejects.toThrow(/not valid/);
    } finally {
      await database.drop();
    }
  });
});

describe("the first admin", () => {
  test("is made once, however many regions start at the same time, and can sign in", async () => {
    const database = await createTestDatabase();
    try {
      const ctx = { ...region.ctx, db: database.db };
      const made = await Promise.all([1, 2, 3].map(() => makeFirstAdmin(ctx)));
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(await makeFirstAdmin(ctx)).toBeUndefined();
    } finally {
      await database.drop();
    }
  });
});

describe("a password hash", () => {
  test("is argon2id in PHC form, salted, and verifies only its password", async () => {
    const { randomBytes } = region.ctx;
    const hash = await hashPassword("päss", randomBytes);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await hashPassword("päss", randomBytes)).not.toBe(hash);
    expect(await verifyPassword("päss", hash)).toBe(true);
    expect(await verifyPassword("pa\u0308ss", hash)).toBe(true); // the same letter, composed
    expect(await verifyPassword("pass", hash)).toBe(false);
  });

  test("agrees with another implementation's", async () => {
    // From the test suite of the reference implementation, phc-winner-argon2 (src/test.c):
    const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" +
      "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await verifyPassword("password", hash)).toBe(true);
  });
});
