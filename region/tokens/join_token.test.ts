import { expect, test } from "vitest";
import { formatJoinToken, parseJoinToken } from "./join_token.ts";

const secret = "0123456789abcdef".repeat(3);
const thumbprint = "_-".repeat(21) + "A"; // base64url may contain the separator

test("a join token is read back as it was written", () => {
  const text = formatJoinToken({ id: "abc234", secret }, thumbprint);
  expect(text).toBe(`rwj_abc234_${secret}_${thumbprint}`);
  expect(parseJoinToken(text)).toEqual({ id: "abc234", secret });
});

for (
  const bad of [
    "",
    "rwj_",
    `rwj_abc234_${secret}`,
    `rwj_abc234_${secret.slice(1)}_${thumbprint}`,
    `rwj_abc234_${secret}0_${thumbprint}`,
    `rwj_ABC_${secret}_${thumbprint}`,
    `rwk_abc234_${secret}_${thumbprint}`,
    `rwj_abc234_${secret}_${thumbprint}\n`,
    `rwj_${"a".repeat(33)}_${secret}_${thumbprint}`,
  ]
) {
  test(`${JSON.stringify(bad.slice(0, 24))}… is no join token`, () => {
    expect(parseJoinToken(bad)).toBeUndefined();
  });
}
