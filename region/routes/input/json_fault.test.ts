import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findJsonFault } from "./json_fault.ts";
import { formatPath } from "./shown_value.ts";

const found = (text: string) => {
  const fault = findJsonFault(text);
  return fault && [formatPath(fault.path), fault.detail];
};

describe("findJsonFault()", () => {
  const TWICE = "is there twice";
  const NUMBER = "is a number too large to be read exactly";
  const TEXT = "has a NUL character or half a surrogate pair";
  const table: [text: string, fault: [field: string, detail: string]][] = [
    ['{"a":1,"a":1}', ["a", TWICE]],
    ['{"a":1,"\\u0061":2}', ["a", TWICE]],
    ['{"l":[{"x":1},{"y":2,"z":{"q":1,"q":2}}]}', ["l[1].z.q", TWICE]],
    ['{"n":[1,9007199254740993]}', ["n[1]", NUMBER]],
    ['{"n":-1e999}', ["n", NUMBER]],
    ['["a\\u0000"]', ["[0]", TEXT]],
    ['{"a":{"b":"\\ud800"}}', ["a.b", TEXT]],
    ['{"k\\u0000":1}', ["k\u0000", TEXT]],
    ["[".repeat(33) + "]".repeat(33), ["[0]".repeat(32), "is nested too deep"]],
  ];
  for (const [text, fault] of table) {
    test(`names the field in ${text.slice(0, 50)}`, () => expect(found(text)).toEqual(fault));
  }

  test("takes what has no fault", () => {
    const fine = [
      '{"a":{"a":1},"b":{"a":[1,{"a":2}]}}',
      '{"a":"\\"a\\": [{,","b":"\\ud83d\\ude00","c":1.5e300,"d":-9007199254740991}',
      "[".repeat(32) + "]".repeat(32),
      "null",
      '"x"',
      "",
    ];
    for (const text of fine) expect([text, found(text)]).toEqual([text, undefined]);
  });

  test("finds nothing in whatever JSON.stringify writes of plain values", () => {
    const values = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
      .filter((value) => !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(value)));
    fc.assert(fc.property(values, (value) => {
      const text = JSON.stringify(
        value,
        (_key, each) => typeof each === "number" ? each % 1e15 : each,
      );
      expect([text, found(text)]).toEqual([text, undefined]);
    }));
  });

  test("is quick and safe with a megabyte of one kind", () => {
    for (const unit of ["\\\\", "x", "[", '"', "\\u0041"]) {
      const text = JSON.stringify(unit.repeat(2 ** 19));
      expect(found(text)).toBeUndefined();
    }
  });
});
