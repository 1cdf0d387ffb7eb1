import { expect, test } from "vitest";
import { chooseCommand, HELP } from "./commands.ts";

test("chooseCommand() serves without an argument, and shows the help when it is asked for", () => {
  expect(chooseCommand([])).toBe("serve");
  expect(["--help", "-h", "help"].map((name) => chooseCommand([name]))).toEqual([
    "help",
    "help",
    "help",
  ]);
});

test("chooseCommand() takes a command by its name, and nothing else beside it", () => {
  expect(chooseCommand(["verify-audit"])).toBeTypeOf("function");
  expect(() => chooseCommand(["rotate-secrets", "now"]))
    .toThrow('"rotate-secrets now" is not a command; it is one of rotate-secrets, verify-audit');
  expect(() => chooseCommand(["constructor"])).toThrow("is not a command");
});

test("the help names every command and every variable that the configuration reads", async () => {
  const read = new URL("./config.ts", import.meta.url);
  const names = (await Deno.readTextFile(read)).match(/RACKWRIGHT_[A-Z_]+|DATABASE_URL/g) ?? [];
  for (const name of ["rotate-secrets", "verify-audit", ...names]) expect(HELP).toContain(name);
});
