import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findViolations } from "./axe.ts";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { PASSWORD } from "./console_region.ts";
import { type Rack, startRack } from "./rack.ts";

let rack: Rack;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [rack, browser] = await Promise.all([startRack(3, { pace: 60 }), startBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await rack?.stop();
});

test("a deploy that failed says why, in one sentence, and is tried again from there", async () => {
  const { region, site, imageId, systemIds } = rack;
  const [systemId = "", usual = ""] = systemIds;
  const message = "tar: no space left on device: the root partition is smaller than the image";
  site.failNext("node-1", { step: "unpack the image", message });
  const window = await browser.open();
  const { page } = window;
  const url = `${region.url}/machines/${systemId}`;
  await signIn(window, { url, username: "the-admin", password: PASSWORD });
  for (const each of [usual, systemId]) {
    await region.call(`POST /machines/${each}/deploy`, { imageId });
  }
  // While it runs, it says where it is, without anybody loading the page again.
  await page.getByText("Deployment is under way").waitFor();
  await page.getByText("Phase: install").waitFor();

  const failure = page.getByRole("region", { name: "Failed deployment" });
  await failure.getByRole("heading", { name: message }).waitFor({ timeout: 30_000 });
  await failure.getByText("install.failed").waitFor();
  expect(await failure.locator(".evidence").textContent()).toContain("unpack the image");
  await failure.getByRole("link", { name: "Where the time went" }).click();
  await page.getByRole("rowheader", { name: "unpack the image" }).waitFor();
  await page.getByText("Marks show what the last 1 at this site usually took.").waitFor();

  await failure.getByRole("button", { name: "Retry: deploy" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("network boot → install → first boot").waitFor();
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.locator(".badge", { hasText: "Deployed" }).waitFor({ timeout: 30_000 });
  expect(await failure.count()).toBe(0);
  expect(window.complaints.filter((text) => !text.includes("401"))).toEqual([]);
}, 120_000);

test("a machine is asked to run one script of many", async () => {
  const { region, systemIds } = rack;
  const systemId = systemIds[2] ?? "";
  await region.call("POST /scripts", {
    ...{ name: "another", type: "commissioning", source: "#!/bin/sh\ntrue\n" },
  });
  const window = await browser.open();
  const { page } = window;
  const url = `${region.url}/machines/${systemId}`;
  await signIn(window, { url, username: "the-admin", password: PASSWORD });
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Commission", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Scripts").selectOption({ label: "These" });
  await dialog.getByLabel("another").check();
  expect(await findViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Commission", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  const { operations } = await region.call(`GET /operations?machine=${systemId}&limit=1`);
  const of = `operation=${operations[0].id}`;
  const { scriptResults } = await region.call(`GET /machines/${systemId}/script-results?${of}`);
  expect(scriptResults.map(({ name }: { name: string }) => name), JSON.stringify(operations))
    .toEqual(["another", "collect-inventory"]);
});
