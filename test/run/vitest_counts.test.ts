import { expect, test } from "vitest";
import { countsOf, sumOf } from "./vitest_counts.ts";

const report = (over: object) =>
  JSON.stringify({
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 1,
    numFailedTestSuites: 0,
    testResults: [{ status: "passed", assertionResults: [{}] }],
    ...over,
  });

test("countsOf() counts tests", () => {
  expect(countsOf(report({}), true)).toEqual({ passed: 5, failed: 0, skipped: 1 });
});

test("a file that does not load is a failure", () => {
  const testResults = [{ status: "failed", assertionResults: [] }];
  expect(countsOf(report({ testResults }), false).failed).toBe(1);
});

test("a run that ended badly is a failure, whatever its report says", () => {
  expect(countsOf(report({}), false).failed).toBe(1);
  expect(countsOf("", false).failed).toBe(1);
  expect(countsOf("", true).failed).toBe(1);
});

test("sumOf() adds up", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(sumOf([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
