import { expect, test } from "vitest";
import { checkUserData } from "./user_data.ts";

test.each([
  ["#cloud-config\npackages: [jq]\n"],
  ["#cloud-config\n# nothing yet\n"],
  ["#!/bin/sh\nnot: [yaml\n"],
  ["## template: jinja\n#cloud-config\na: {{ b }}\n"],
])("%j can be sent", async (text) => {
  expect((await checkUserData(text)).kind).toBe("ok");
});

test.each([
  ["packages: [jq]", 1, "begins with"],
  ["\n#cloud-config", 1, "an empty line"],
  ["#cloud-config\npackages: [jq\n", 3, "flow"],
  ["#cloud-config\na: 1\n\tb: 2\n", 3, "tab"],
  ["#cloud-config\na: 1\na: 2\n", 3, "unique"],
  ["#cloud-config\n- a\n- b\n", 2, "names with values"],
])("%j is wrong in line %d", async (text, line, message) => {
  const check = await checkUserData(text);
  expect(check).toMatchObject({ kind: "fault", line });
  expect(check.kind === "fault" && check.message.toLowerCase()).toContain(message);
});

test("what is empty is no fault, and what is too long is", async () => {
  expect(await checkUserData(" \n")).toEqual({ kind: "empty" });
  expect((await checkUserData(`#!/bin/sh\n${"#".repeat(300_000)}`)).kind).toBe("fault");
});
