import axe from "axe-core";
import type { Page } from "playwright-core";

/** What axe-core finds on a page that is serious or worse: a line each, with where it is. */
export async function findViolations(page: Page): Promise<string[]> {
  // Given to the browser past the page's own policy, which forbids it to the page.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    // deno-lint-ignore no-explicit-any -- put there by the line above
    const { violations } = await (globalThis as any).axe.run(document, {
      resultTypes: ["violations"],
    });
    // deno-lint-ignore no-explicit-any -- as axe-core describes its results
    return violations.filter(({ impact }: any) => impact === "serious" || impact === "critical")
      // deno-lint-ignore no-explicit-any -- the same
      .map(({ id, help, nodes }: any) => `${id}: ${help}: ${nodes[0].html.slice(0, 160)}`);
  });
}
