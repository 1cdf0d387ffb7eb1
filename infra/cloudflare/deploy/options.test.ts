import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

test("parseOptions() knows environments and dry runs", () => {
  expect(parseOptions([])).toEqual({ isDryRun: false, help: false });
  expect(parseOptions(["--env", "staging", "--dry-run"]))
    .toEqual({ environment: "staging", isDryRun: true, help: false });
  expect(parseOptions(["--env=staging"])).toMatchObject({ environment: "staging" });
  expect(parseOptions(["--new-secrets"])).toBe("new-secrets");
});

test.each([
  [["--env"], "--env needs a name"],
  [["--env", "../x"], 'not "../x"'],
  [["--force"], '"--force" is not a flag'],
  [["staging"], '"staging" is not a flag'],
])("parseOptions(%j) says what is wrong with it", (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
