import { z } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { explainIssues } from "./explain_issues.ts";

const Bmc = z.strictObject({ address: z.string().max(9), password: z.string().max(20) });
const Schema = z.strictObject({
  name: z.string().min(1).max(5),
  size: z.coerce.number().int().min(1).max(200).default(100),
  kind: z.enum(["dynamic", "reserved"]).optional(),
  label: z.string().regex(/^[a-z]+$/, "use a to z").optional(),
  macs: z.array(z.string()).min(1).max(2).optional(),
  bmc: Bmc.nullable().optional(),
  target: z.union([z.string().max(3), z.strictObject({ port: z.int() })]).optional(),
  options: z.record(z.string(), z.boolean()).optional(),
});

function explain(input: unknown) {
  const parsed = Schema.safeParse(input);
  if (parsed.success) throw new Error("this was to be refused");
  return explainIssues(parsed.error.issues, { input, schema: Schema });
}

describe("explainIssues() names the field, the value seen and what is accepted", () => {
  const table: [input: object, field: string, value: string | undefined, accepted: string][] = [
    [{}, "name", undefined, "text of 1 to 5 characters"],
    [{ name: 7 }, "name", "7", "text of 1 to 5 characters"],
    [{ name: "" }, "name", "", "text of 1 to 5 characters"],
    [{ name: "x".repeat(500) }, "name", `${"x".repeat(80)}…`, "text of 1 to 5 characters"],
    [{ name: "n", size: "201" }, "size", "201", "a whole number from 1 to 200"],
    [{ name: "n", kind: "x" }, "kind", "x", "one of dynamic, reserved"],
    [{ name: "n", label: "A1" }, "label", "A1", "use a to z"],
    [{ name: "n", macs: [] }, "macs", "a list of 0", "a list of 1 to 2 items"],
    [{ name: "n", macs: ["a", null] }, "macs[1]", "null", "text"],
    [
      { name: "n", bmc: [] },
      "bmc",
      "a list of 0",
      "an object with the fields address, password, or null",
    ],
    [{ name: "n", target: { port: "x" } }, "target.port", "x", "a whole number"],
    [{ name: "n", options: { a: 1 } }, "options.a", "1", "true or false"],
  ];
  for (const [input, field, value, accepted] of table) {
    test(JSON.stringify(input).slice(0, 60), () => {
      const problem = explain(input);
      expect(problem).toMatchObject({ status: 400, code: "request.invalid", field, accepted });
      expect(problem.value).toBe(value);
      expect(problem.detail.startsWith(`${field}: `)).toBe(true);
    });
  }

  test("all of them, with the fields there are where one is unknown", () => {
    const { errors } = explain({ name: "n", bmc: { address: "a", pasword: "hunter2" } });
    expect(errors).toEqual([
      {
        field: "bmc.password",
        detail: "is missing; give text of at most 20 characters",
        accepted: "text of at most 20 characters",
      },
      {
        field: "bmc.pasword",
        detail: '"pasword" is not a field here',
        accepted: "an object with the fields address, password, or null",
      },
    ]);
  });

  test("but no secret, and nothing that is in a list or an object", () => {
    const secret = "hunter2-hunter2-hunter2";
    const inputs = [
      { name: "n", bmc: { address: "a", password: secret } },
      { name: { deep: secret } },
      { name: [secret] },
      { name: "n", surprise: secret },
    ];
    for (const input of inputs) expect(JSON.stringify(explain(input))).not.toContain(secret);
  });

  test("and at most twenty of them", () => {
    const many = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`f${i}`, 1]));
    expect(explain({ name: "n", ...many }).errors).toHaveLength(20);
  });
});
