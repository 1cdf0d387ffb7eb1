import "./patience.ts";
import { Buffer } from "node:buffer";
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

test("an image of one's own is uploaded, stopped, gone on with where it was, and removed", async () => {
  const window = await browser.open();
  const { page } = window;
  await signIn(window, { url: region.url, username: "the-admin", password: PASSWORD });
  await page.goto(`${region.url}/images`);
  await page.getByRole("button", { name: "Upload image" }).click();
  const dialog = page.getByRole("dialog");
  const upload = dialog.getByRole("button", { name: "Upload", exact: true });
  await upload.click();
  await dialog.getByRole("alert").getByText("Choose the file").waitFor();
  const input = dialog.locator("input[type=file]");
  const noble = { name: "noble-server-arm64.squashfs", mimeType: "application/octet-stream" };
  await input.setInputFiles({ ...noble, buffer: Buffer.from("PK") });
  await upload.click();
  await dialog.getByText(/is of no format that we know, not squashfs/).waitFor();
  await dialog.getByRole("button", { name: /Leave noble/ }).click();
  // Four parts, the last one short.
  const squashfs = Buffer.alloc(3.5 * 1024 ** 2, 7);
  squashfs.write("hsqs");
  await input.setInputFiles({ ...noble, buffer: squashfs });
  expect(await dialog.getByLabel(/What noble/).inputValue()).toBe("squashfs");
  expect(await dialog.getByLabel("Name", { exact: true }).inputValue()).toBe("ubuntu-noble");
  expect(await dialog.getByLabel("Architecture").inputValue()).toBe("arm64");
  await dialog.getByLabel("Release").fill("Noble Numbat");
  await upload.click();
  await dialog.getByText("use 1 to 63 of a-z").waitFor();
  await dialog.getByLabel("Release").fill("noble");
  await dialog.getByLabel("Title").fill("Our Ubuntu");
  expect(await findViolations(page)).toEqual([]);

  const isFirst = /parts\/0$/;
  await page.route(/parts\/\d+$/, async (route) => {
    if (isFirst.test(route.request().url())) await route.continue();
  });
  await upload.click();
  const row = page.getByRole("group", { name: "Our Ubuntu" });
  await row.getByText("1 MB of 3.7 MB").waitFor();
  expect(await findViolations(page)).toEqual([]);
  await row.getByRole("button", { name: "Stop" }).click();
  await row.getByText("was stopped").waitFor();
  await page.unroute(/parts\/\d+$/);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "PUT") sent.push(new URL(request.url()).pathname.slice(-1));
  });
  await row.getByRole("button", { name: "Go on" }).click();
  await row.getByText("is there").waitFor();
  expect(sent.toSorted()).toEqual(["1", "2", "3"]);

  const systems = page.getByRole("region", { name: "Operating systems" });
  const line = systems.getByRole("row").filter({ hasText: "Our Ubuntu" });
  await line.getByText("ubuntu/noble").waitFor();
  await line.getByRole("button", { name: "Files" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await line.waitFor({ state: "detached" });
  expect(window.complaints.filter((text) => !/\b40[14]\b/.test(text))).toEqual([]);
});

test("an operator syncs and changes no source, and a viewer only looks", async () => {
  const deeds = /source|sync|actions|edit|remove|stop|upload/i;
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
