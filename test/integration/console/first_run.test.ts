import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodedSite, startCodedSite } from "@/test/fakes/coded_site.ts";
import { type ImageMirror, serveImageMirror } from "@/test/fakes/image_mirror.ts";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

let region: ConsoleRegion;
let browser: ConsoleBrowser;
let mirror: ImageMirror;
let site: CodedSite | undefined;

beforeAll(async () => {
  mirror = serveImageMirror();
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
});

afterAll(async () => {
  await site?.stop();
  await browser?.close();
  await region?.stop();
  await mirror?.stop();
});

test("from an empty region to the first deployed machine, in the browser alone", async () => {
  const window = await browser.open();
  const { page } = window;
  await signIn(window, { url: region.url, username: "the-admin", password: PASSWORD });
  await page.getByRole("button", { name: "Set up a site" }).click();

  await page.getByLabel("Name").fill("Berlin 2");
  await page.getByRole("button", { name: "Make a site" }).click();

  // The host's part: its agent joins by the command that is shown.
  const command = await page.getByLabel("join command").textContent() ?? "";
  const token = /--token\s+(\S+)/.exec(command)?.[1] ?? "";
  expect(command).toContain(region.url);
  site = await startCodedSite({ url: region.url, token, hostname: "rack-host-1" });

  // It appears by itself, with the networks that it found.
  await page.getByRole("heading", { name: "Agent on rack-host-1" }).waitFor();
  await page.getByText("192.168.7.1 answers DHCP on eno2").waitFor({ state: "attached" });
  await page.getByLabel("Serve 10.20.0.0/16").check();
  expect(await page.getByLabel("Addresses for machines: first").inputValue()).toBe("10.20.128.0");
  await page.getByRole("button", { name: "Serve 1 network" }).click();

  await page.getByLabel("Address of the tree").fill(mirror.url);
  await page.getByLabel("It is not signed, and I trust it all the same").check();
  await page.getByRole("button", { name: "Import the newest" }).click();

  await page.getByText("Waiting for a machine to boot…").waitFor();
  await site.enlist("52:54:00:20:00:07");
  await page.locator(".step.now .name").click();

  await page.getByText("New", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Name", { exact: true }).fill("node-7");
  await page.getByLabel("How it is switched").selectOption("ipmi");
  await page.getByLabel("BMC address").fill("10.21.0.7");
  await page.getByLabel("BMC user").fill("admin");
  await page.getByLabel("BMC password").fill("calvin");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "node-7", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Commission", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Commission" }).click();
  await page.getByRole("button", { name: "Deploy", exact: true }).waitFor();
  expect(await page.locator(".page-head").textContent()).toContain("Ready");

  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("network boot → install → first boot").waitFor();
  await dialog.getByLabel("User-data for cloud-init").fill("#cloud-config\npackages: [jq\n");
  await dialog.getByText("Line 3,").waitFor();
  await dialog.getByLabel("User-data for cloud-init").fill("#cloud-config\npackages: [jq]\n");
  await dialog.getByText("3 lines, well-formed").waitFor();
  await dialog.getByText("Install plan", { exact: true }).click();
  expect(await dialog.locator("pre").textContent()).toContain("#!/bin/sh");
  await dialog.getByRole("button", { name: "Deploy" }).click();
  await page.locator(".badge", { hasText: "Deployed" }).waitFor();

  // What the person saw is what the region holds.
  const { machines } = await region.call("GET /machines");
  expect(machines).toMatchObject([{ hostname: "node-7", status: "Deployed", owner: "the-admin" }]);
  const { ipRanges } = await region.call("GET /ip-ranges");
  expect(ipRanges).toMatchObject([{ first: "10.20.128.0", last: "10.20.128.199" }]);
  expect(window.complaints.filter((text) => !text.includes("401"))).toEqual([]);
}, 120_000);
