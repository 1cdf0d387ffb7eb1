import { expect, test } from "vitest";
import { isOutage } from "./outage.ts";

const withCode = (code: string) => Object.assign(new Error("no"), { code });

test("a database that is away, starting, crowded or deadlocked is an outage, however deep", () => {
  const ofPostgres = ["08006", "53300", "57P01", "57P02", "57P03", "40P01", "40001"];
  const ofSockets = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"];
  for (const code of [...ofPostgres, ...ofSockets]) {
    expect(isOutage(withCode(code)), code).toBe(true);
    expect(isOutage(new Error("query failed", { cause: withCode(code) })), code).toBe(true);
  }
  expect(isOutage(new Error("timeout exceeded when trying to connect"))).toBe(true);
  expect(isOutage(new Error("Connection terminated unexpectedly"))).toBe(true);
});

test("a statement that PostgreSQL refuses for what it says is none", () => {
  for (const code of ["23505", "22P02", "42601", "53200", "EACCES", "ENOENT"]) {
    expect(isOutage(withCode(code)), code).toBe(false);
  }
  for (const other of [undefined, null, "08006", new Error("something else")]) {
    expect(isOutage(other)).toBe(false);
  }
});
