import { expect, test } from "vitest";
import { describeCompletion } from "./completion_code.ts";
import { describeRakpStatus } from "./rakp_status.ts";
import { setSystemBootOptions } from "./commands/set_system_boot_options.ts";

test("describeCompletion() knows what to do about a code", () => {
  expect(describeCompletion(0x00).meaning).toBe("done");
  expect(describeCompletion(0xc0).meaning).toBe("busy");
  expect(describeCompletion(0xd4).meaning).toBe("privilege");
  expect(describeCompletion(0xd5).meaning).toBe("not_now");
  expect(describeCompletion(0xc1)).toEqual({
    words: "it does not know this command",
    meaning: "failed",
  });
});

test("describeCompletion() prefers a command's own words", () => {
  expect(describeCompletion(0x80, setSystemBootOptions.completionCodes).words).toBe(
    "it does not support this boot option",
  );
});

test("describeRakpStatus() sorts refusals by what to do", () => {
  expect(describeRakpStatus(0x01).cause).toBe("busy");
  expect(describeRakpStatus(0x0a).cause).toBe("privilege");
  expect(describeRakpStatus(0x0d).cause).toBe("unknown_user");
  expect(describeRakpStatus(0x0f).cause).toBe("wrong_password");
  expect(describeRakpStatus(0x11).cause).toBe("cipher");
});

test("every byte has words, and unknown ones name their number", () => {
  for (let code = 0; code < 256; code++) {
    expect(describeCompletion(code).words).not.toBe("");
    expect(describeRakpStatus(code).words).not.toBe("");
  }
  expect(describeCompletion(0x99).words).toContain("0x99");
  expect(describeRakpStatus(0x99).words).toContain("0x99");
});
