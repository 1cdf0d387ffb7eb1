import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ImageSource,
  makeTree,
  serveImageSource,
} from "@/test/integration/region/images_fixture.ts";
import { findViolations } from "./axe.ts";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

let region: ConsoleRegion;
let browser: ConsoleBrowser;
let source: ImageSource;

beforeAll(async () => {
  source = serveImageSource();
  source.tree = makeTree("good");
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await region?.stop();
  await source?.stop();
});

test("a source is named, looked into and synced, and its images come by themselves", async () => {
  const window = await browser.open();
  const { page } = window;
  await signIn(window, { url: region.url, username: "the-admin", password: PASSWORD });
  await page.goto(`${region.url}/images`);
  await page.getByText("No images yet").waitFor();
  await page.getByRole("button", { name: "Add source" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Debian");
  await page.getByLabel("Address", { exact: true }).fill(source.url);
  await page.getByRole("dialog").getByRole("button", { name: "Add source" }).click();
  await page.getByRole("alert").waitFor(); // signed, but by no key
  await page.getByLabel("Signature").selectOption("unsigned");
  await page.getByRole("button", { name: "Add a line" }).click();
  await page.getByLabel("Systems, 1").fill("");
  await page.getByRole("dialog").getByRole("button", { name: "Add source" }).click();

  const row = page.getByRole("row").filter({ hasText: "Debian" });
  await row.getByText("never synced").waitFor();
  expect(await findViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Actions for Debian" }).click();
  await page.getByRole("menuitem", { name: "What it would bring" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("cell", { name: "Debian 12" }).waitFor();
  expect(await findViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Sync now" }).click();
  await row.getByText("done").waitFor();
  const systems = page.getByRole("region", { name: "Operating systems" });
  await systems.getByRole("cell", { name: "Debian 12" }).waitFor();
  await systems.getByRole("button", { name: "Files" }).click();
  await dialog.getByRole("cell", { name: "squashfs", exact: true }).waitFor();
}, 60_000);

test("an operator syncs and changes no source, and a viewer only looks", async () => {
  const deeds = /source|sync|actions|edit|remove|stop/i;
  const expected = { "the-operator": ["Sync now", "Actions for Debian"], "the-viewer": [] };
  for (const [username, buttons] of Object.entries(expected)) {
    const window = await browser.open();
    await signIn(window, { url: region.url, username, password: PASSWORD });
    await window.page.goto(`${region.url}/images`);
    await window.page.getByRole("cell", { name: /Debian unsigned/ }).waitFor();
    const found = window.page.getByRole("main").getByRole("button", { name: deeds });
    const names = await found.evaluateAll((all) =>
      all.map((each) => each.ariaLabel ?? each.textContent)
    );
    expect(names, username).toEqual(buttons);
  }
});
