import { gzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import { signIn, startBrowser } from "@/test/integration/console/browser.ts";
import {
  type ConsoleRegion,
  PASSWORD,
  startConsoleRegion,
} from "@/test/integration/console/console_region.ts";
import { atMost, type Bench, median } from "./bench.ts";
import { seedGroups, seedMachines } from "./seed_machines.ts";

const MACHINES = 20_000;
const KEYSTROKES = "node-0199";
const UPDATES_PER_SECOND = 500;
const UPDATE_SECONDS = 10;
const SCROLL_STEPS = 60;

/** The console in a browser at a fleet of twenty thousand: figures are the browser's own. */
export const consoleBench: Bench = {
  description: "the web console in a browser: first load, 20,000 machines, live updates",
  async run(log) {
    const region = await startConsoleRegion();
    const browser = await startBrowser();
    try {
      log(`seeding ${MACHINES} machines`);
      await seedGroups(region.database.db);
      await seedMachines(region.database.db, 1, MACHINES);
      const window = await browser.open();
      const { page } = window;
      await page.addInitScript(watchLongTasks);
      await signIn(window, { url: region.url, username: "the-admin", password: PASSWORD });
      await rowsShown(page);
      const scriptBytes = await firstLoadScript(page, region.url);
      log("first rows");
      const firstRowsMs = median(await repeated(5, () => firstRows(page, region.url)));
      const completeMs = await timed(() => page.getByText("20 000", { exact: true }).waitFor());
      log("scrolling");
      const scroll = await scrolling(page);
      log("typing");
      const typing = await keystrokes(page);
      log(`${UPDATES_PER_SECOND} updates a second`);
      const live = await liveUpdates(page, region);
      return {
        rows: [
          { what: "script of the first load, gzip", value: round(scriptBytes / 1024), unit: "KiB" },
          { what: "first rows of 20,000", value: round(firstRowsMs), unit: "ms" },
          { what: "the whole fleet is there", value: round(completeMs), unit: "ms" },
          { what: "longest task while scrolling", value: round(scroll.longestMs), unit: "ms" },
          { what: "frames while scrolling, median", value: round(scroll.frameMs), unit: "ms" },
          { what: "keystroke to result, median", value: round(median(typing)), unit: "ms" },
          { what: "keystroke to result, worst", value: round(Math.max(...typing)), unit: "ms" },
          { what: "updates seen a second", value: round(live.perSecond), unit: "" },
          { what: "longest task while updating", value: round(live.longestMs), unit: "ms" },
          { what: "keystroke while updating, worst", value: round(live.keystrokeMs), unit: "ms" },
        ],
        bars: [
          atMost("script of the first load, KiB gzip", round(scriptBytes / 1024), 120),
          atMost("first rows of 20,000, ms", round(firstRowsMs), 1000),
          atMost("longest task while scrolling, ms", round(scroll.longestMs), 100),
          atMost("keystroke to result, worst, ms", round(Math.max(...typing)), 150),
          atMost("keystroke under 500 updates/s, worst, ms", round(live.keystrokeMs), 150),
        ],
      };
    } finally {
      await browser.close();
      await region.stop();
    }
  },
};

/** In the page, from its beginning: what kept it from answering. */
function watchLongTasks(): void {
  const tasks: number[] = [];
  Object.assign(globalThis, { longTasks: tasks });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: "longtask", buffered: true });
}

function longestTask(page: Page): Promise<number> {
  return page.evaluate(() => {
    const tasks = (globalThis as unknown as { longTasks: number[] }).longTasks;
    return Math.max(0, ...tasks.splice(0));
  });
}

function rowsShown(page: Page): Promise<void> {
  return page.locator(".fleet-rows [role=row]").first().waitFor();
}

/** All that was loaded until the list stood there. */
async function firstLoadScript(page: Page, url: string): Promise<number> {
  const paths = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name)
      .filter((name) => name.endsWith(".js"))
  );
  let bytes = 0;
  for (const path of new Set(paths)) {
    const response = await fetch(new URL(path, url));
    bytes += gzipSync(new Uint8Array(await response.arrayBuffer()), { level: 9 }).length;
  }
  return bytes;
}

/** From the address to rows on the screen, with what the browser has kept of the files. */
async function firstRows(page: Page, url: string): Promise<number> {
  await page.goto(`${url}/machines`, { waitUntil: "commit" });
  await rowsShown(page);
  return await page.evaluate(() => performance.now());
}

/** By a screen at a time, a frame each, through the whole list. */
async function scrolling(page: Page): Promise<{ longestMs: number; frameMs: number }> {
  await longestTask(page);
  const frames = await page.evaluate(async (steps) => {
    const list = document.querySelector(".fleet");
    if (!list) throw new Error("there is no list");
    const times: number[] = [];
    let beforeMs = performance.now();
    for (let i = 0; i < steps; i++) {
      list.scrollTop = (list.scrollHeight * ((i * 7) % steps)) / steps;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      times.push(performance.now() - beforeMs);
      beforeMs = performance.now();
    }
    list.scrollTop = 0;
    return times;
  }, SCROLL_STEPS);
  return { longestMs: await longestTask(page), frameMs: median(frames) };
}

/** From each key to the frame that shows what it found. */
async function keystrokes(page: Page): Promise<number[]> {
  await page.getByLabel("Search machines").focus();
  const times: number[] = [];
  for (const key of KEYSTROKES) times.push(await keystroke(page, key));
  for (const _ of KEYSTROKES) times.push(await keystroke(page, "Backspace"));
  return times;
}

async function keystroke(page: Page, key: string): Promise<number> {
  const shown = page.evaluate(() =>
    new Promise<number>((resolve) => {
      addEventListener("keydown", ({ timeStamp }) => {
        // Two frames on, what the key led to has been painted.
        requestAnimationFrame(() =>
          requestAnimationFrame(() => resolve(performance.now() - timeStamp))
        );
      }, { once: true });
    })
  );
  await page.evaluate(() => {}); // the listener is there
  await page.keyboard.press(key);
  return await shown;
}

/** Writes events as machines make them, and types meanwhile. */
async function liveUpdates(page: Page, region: ConsoleRegion) {
  await longestTask(page);
  const seenBefore = await pageRequests(page);
  const startMs = performance.now();
  let done = false;
  const writing = (async () => {
    for (let second = 0; second < UPDATE_SECONDS; second++) {
      await changeMachines(region, 1 + second * UPDATES_PER_SECOND);
      const aheadMs = startMs + (second + 1) * 1000 - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, aheadMs)));
    }
    done = true;
  })();
  const times: number[] = [];
  while (!done) {
    times.push(await keystroke(page, "n"), await keystroke(page, "Backspace"));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await writing;
  const seconds = (performance.now() - startMs) / 1000;
  const reread = await pageRequests(page) - seenBefore;
  return {
    longestMs: await longestTask(page),
    keystrokeMs: Math.max(...times),
    perSecond: reread / seconds,
  };
}

/** How many machines the page has asked for again by their ids. */
function pageRequests(page: Page): Promise<number> {
  return page.evaluate(() =>
    performance.getEntriesByType("resource").reduce((sum, { name }) => {
      const ids = new URL(name).searchParams.get("systemId");
      return sum + (ids === null ? 0 : ids.split(",").length);
    }, 0)
  );
}

async function changeMachines(region: ConsoleRegion, from: number): Promise<void> {
  const to = from + UPDATES_PER_SECOND - 1;
  await region.database.db.transaction(async (tx) => {
    await tx.execute(sql`UPDATE machines SET power_state =
      CASE power_state WHEN 'on' THEN 'off' ELSE 'on' END, power_state_at = now()
      WHERE id BETWEEN ${from} AND ${to}`);
    await tx.execute(sql`INSERT INTO events (at, site_id, machine_id, level, code, message)
      SELECT now(), site_id, id, 'info', 'power.done', 'power: done' FROM machines
      WHERE id BETWEEN ${from} AND ${to}`);
  });
}

async function repeated(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return values;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
