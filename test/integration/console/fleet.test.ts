import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleBrowser, type ConsoleWindow, signIn, startBrowser } from "./browser.ts";
import { PASSWORD } from "./console_region.ts";
import { type Rack, startRack, untilStatus } from "./rack.ts";

const MACHINES = 50;

let rack: Rack;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [rack, browser] = await Promise.all([startRack(MACHINES), startBrowser()]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await rack?.stop();
});

async function openAs(role: string, path = "/machines"): Promise<ConsoleWindow> {
  const window = await browser.open();
  const { url } = rack.region;
  await signIn(window, { url: `${url}${path}`, username: `the-${role}`, password: PASSWORD });
  return window;
}

test("a filtered view has an address that shows another person the same", async () => {
  const { page } = await openAs("operator");
  await page.getByText("node-1", { exact: true }).waitFor();
  await page.getByLabel("Search machines").fill("rack-2 gpu");
  await page.getByText("5 of 50", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Zone" }).click();
  await page.getByRole("menuitemcheckbox", { name: "default (5)" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("columnheader", { name: "Memory" }).getByRole("button").click();
  await page.waitForURL(/sort=memory/); // the address is written once a person pauses
  const shared = new URL(page.url());
  expect([...shared.searchParams]).toEqual([
    ["q", "rack-2 gpu"],
    ["zone", "default"],
    ["sort", "memory"],
  ]);

  const other = (await openAs("viewer", shared.pathname + shared.search)).page;
  await other.getByText("5 of 50", { exact: true }).waitFor();
  await other.getByText("Zone: default").waitFor();
  const names = await other.locator(".fleet-rows .name").allTextContents();
  expect(names).toEqual(["node-12", "node-14", "node-16", "node-18", "node-20"]);
  await other.getByRole("button", { name: "Clear all" }).click();
  await other.locator(".lead", { hasText: /^50$/ }).waitFor();
}, 60_000);

test("who may only look is offered nothing to do", async () => {
  const { page } = await openAs("viewer");
  await page.getByText("node-1", { exact: true }).click();
  await page.getByRole("heading", { name: "node-1", level: 1 }).waitFor();
  await page.getByText("Example Systems R750").waitFor();
  for (const tab of ["Network", "Storage"]) {
    await page.getByRole("link", { name: tab, exact: true }).click();
    await page.getByText(tab === "Network" ? "eno1" : "nvme0n1").first().waitFor();
  }
  const buttons = await page.locator("main button").allTextContents();
  expect(buttons.filter((text) => !/^Copy/.test(text))).toEqual([]);
  await page.goto(`${rack.region.url}/machines`);
  await page.getByText("node-1", { exact: true }).waitFor();
  expect(await page.locator("main input[type=checkbox]").count()).toBe(0);
  expect(await page.getByRole("button", { name: "Add machine" }).count()).toBe(0);
}, 60_000);

test("a machine is found, chosen and asked to do something without a mouse", async () => {
  const { page } = await openAs("operator");
  await page.getByText("node-1", { exact: true }).waitFor();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press("/");
  await page.keyboard.type("node-4");
  await page.getByText("11 of 50", { exact: true }).waitFor();
  await press("Enter"); // done with the search: the first row is the cursor's
  await press("j", "j", "k", "x", "j", "x");
  await page.getByText("2 selected").waitFor();
  expect(await page.locator(".fleet-rows .selected .name").allTextContents()).toEqual([
    "node-40",
    "node-41",
  ]);
  await press("Escape");
  await press("Enter");
  await page.getByRole("heading", { name: "node-41", level: 1 }).waitFor();

  await press("Control+k");
  await page.keyboard.type("allocate node-41");
  await press("Enter");
  await page.locator(".badge", { hasText: "Allocated" }).waitFor();
  await press("Control+k");
  await page.keyboard.type("release node-41");
  await press("Enter");
  await page.getByRole("dialog").waitFor();
  await press("Control+Enter", "Escape"); // thought better of it
  expect(await page.getByRole("dialog").count()).toBe(0);
  await press("Control+k");
  await page.keyboard.type("release node-41");
  await press("Enter");
  const deed = page.getByRole("dialog").getByRole("button", { name: "Release" });
  await deed.focus();
  await press("Enter");
  await page.locator(".badge", { hasText: "Ready" }).waitFor();

  await press("?");
  await page.getByRole("dialog").getByText("Go to sites").waitFor();
  await press("Escape", "g", "s");
  await page.getByRole("heading", { name: "Sites", level: 1 }).waitFor();
}, 60_000);

test(
  "fifty machines are deployed at once: first what would happen, then how each gets on",
  async () => {
    const { region, systemIds } = rack;
    const [locked = ""] = systemIds;
    await region.call(`POST /machines/${locked}/lock`, {});
    const { page } = await openAs("operator");
    await page.getByText("node-1", { exact: true }).waitFor();
    await page.keyboard.press("Control+a");
    await page.getByText("50 selected").waitFor();
    await page.getByRole("toolbar").getByRole("button", { name: "Deploy" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("49 machines would deploy").waitFor();
    await dialog.getByText("1 machine would be left as they are").waitFor();
    await dialog.getByText("node-1 is locked").waitFor();
    const deed = dialog.getByRole("button", { name: "Deploy 49 machines" });
    expect(await deed.getAttribute("aria-disabled")).toBe("true");
    await dialog.getByLabel("Type 49 to confirm").fill("49");
    await deed.click();
    await dialog.getByRole("button", { name: "49 done" }).waitFor({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "1 left as they are" }).click();
    expect(await dialog.locator(".bulk-list li").count()).toBe(1);
    await untilStatus(region, "Deployed", 49);
    await dialog.getByText("Close").last().click();
    await page.locator(".status-bar").getByRole("button", { name: "Deployed 49" }).waitFor();
    await region.call(`POST /machines/${locked}/unlock`, {});
  },
  120_000,
);

test("tags given to some are taken back with a press", async () => {
  const { region, systemIds: [, second = ""] } = rack;
  const tagged = async () => (await region.call("GET /machines?tag=gpu&limit=100")).machines.length;
  const before = await tagged();
  const { page } = await openAs("admin", "/machines?q=node-2");
  await page.getByText("node-2", { exact: true }).waitFor();
  await page.keyboard.press("Control+a");
  await page.getByRole("toolbar").getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Tags, zone, pool" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Add these tags").fill("gpu");
  await dialog.getByText("would be changed").waitFor();
  await dialog.getByRole("button", { name: /^Tags, zone, pool/ }).click();
  await dialog.getByRole("button", { name: "Undo" }).waitFor();
  expect(await tagged()).toBeGreaterThan(before);
  await dialog.getByRole("button", { name: "Undo" }).click();
  await dialog.waitFor({ state: "detached" });
  expect(await tagged()).toBe(before);
  const { tags } = await region.call(`GET /machines/${second}`);
  expect(tags).toEqual(["gpu"]); // it had it before
}, 60_000);
