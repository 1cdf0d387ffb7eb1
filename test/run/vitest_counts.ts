import { z } from "zod";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numFailedTestSuites: z.int(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
});

/**
 * What vitest's JSON report counts.
 *
 * A file that could not be loaded has no tests to count and still is a failure; so is a run that ended
 * badly though every test in its report passed (an error outside of any test).
 */
export function countsOf(reportText: string, isSuccess: boolean): Counts {
  const parsed = Report.safeParse(reportText === "" ? undefined : JSON.parse(reportText));
  if (!parsed.success) return { passed: 0, failed: 1, skipped: 0 };
  const report = parsed.data;
  const unloaded =
    report.testResults.filter(({ status, assertionResults }) =>
      status === "failed" && assertionResults.length === 0
    ).length;
  const failed = report.numFailedTests + unloaded;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && !isSuccess ? 1 : failed,
    skipped: report.numPendingTests,
  };
}

export function sumOf(counts: readonly Counts[]): Counts {
  return counts.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }), { passed: 0, failed: 0, skipped: 0 });
}
