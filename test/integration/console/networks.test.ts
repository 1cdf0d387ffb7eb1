import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

let region: ConsoleRegion;
let browser: ConsoleBrowser;
let site: { id: string };

beforeAll(async () => {
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
  site = await region.call("POST /sites", { name: "Berlin 2" });
});

afterAll(async () => {
  await browser?.close();
  await region?.stop();
});

async function open(username: string, path: string): Promise<Page> {
  const window = await browser.open();
  await signIn(window, { url: region.url, username, password: PASSWORD });
  await window.page.goto(`${region.url}${path}`);
  await window.page.getByRole("heading", { level: 1 }).waitFor();
  return window.page;
}

const cell = (page: Page, ip: string) =>
  page.getByRole("option", { name: new RegExp(`^${ip.replaceAll(".", "\\.")}:`) });

async function rangesOf(subnetId: number): Promise<string[]> {
  const { ipRanges } = await region.call(`GET /ip-ranges?subnetId=${subnetId}`);
  return ipRanges.map(({ kind, first, last }: Record<string, string>) =>
    `${kind} ${first} ${last}`
  );
}

test("a subnet is added, and a range drawn on its map by keys alone, moved, and moved back", async () => {
  const page = await open("the-admin", "/networks");
  await page.getByText("No subnet yet").waitFor();
  await page.getByRole("button", { name: "Add subnet" }).click();
  await page.getByLabel("Network (CIDR)").fill("10.30.0.0/24");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "10.30.0.0/24", level: 1 }).waitFor();
  const subnetId = Number(new URL(page.url()).pathname.split("/").at(-1));

  await cell(page, "10.30.0.100").focus();
  await page.keyboard.press("Space");
  for (let i = 0; i < 9; i++) await page.keyboard.press("Shift+ArrowRight");
  expect(await page.getByLabel("First address").inputValue()).toBe("10.30.0.100");
  expect(await page.getByLabel("Last address").inputValue()).toBe("10.30.0.109");
  await page.getByLabel("Last address").press("Enter");
  await page.getByRole("cell", { name: "10.30.0.100 – 10.30.0.109", exact: true }).waitFor();
  expect(await rangesOf(subnetId)).toEqual(["dynamic 10.30.0.100 10.30.0.109"]);
  await page.getByRole("option", { name: "10.30.0.104: Dynamic range, free" }).waitFor();

  await page.getByRole("button", { name: "Edit" }).click();
  const [from, to] = [cell(page, "10.30.0.109"), cell(page, "10.30.0.125")];
  await from.hover();
  await page.mouse.down();
  await to.hover();
  await page.mouse.up();
  expect(await page.getByLabel("First address").inputValue()).toBe("10.30.0.100");
  expect(await page.getByLabel("Last address").inputValue()).toBe("10.30.0.125");
  await page.getByRole("button", { name: "Save range" }).click();
  await page.getByRole("cell", { name: "10.30.0.100 – 10.30.0.125", exact: true }).waitFor();
  expect(await rangesOf(subnetId)).toEqual(["dynamic 10.30.0.100 10.30.0.125"]);

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("cell", { name: "10.30.0.100 – 10.30.0.109", exact: true }).waitFor();
  expect(await rangesOf(subnetId)).toEqual(["dynamic 10.30.0.100 10.30.0.109"]);
});

test("an address of the map is reserved for a MAC, and shown as such", async () => {
  const subnet = await region.call("POST /subnets", { siteId: site.id, cidr: "10.31.0.0/24" });
  const page = await open("the-admin", `/networks/subnets/${subnet.id}`);
  await cell(page, "10.31.0.7").click();
  await page.getByRole("button", { name: "Reserve for a MAC" }).click();
  await page.getByLabel("MAC", { exact: true }).fill("52:54:00:12:34");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await page.getByLabel("MAC", { exact: true }).getAttribute("aria-invalid")).toBe("true");
  await page.getByLabel("MAC", { exact: true }).fill("52:54:00:12:34:56");
  await page.keyboard.press("Enter");
  await page.getByRole("option", { name: "10.31.0.7: Reservation, 52:54:00:12:34:56" }).waitFor();
  const { reservations } = await region.call(`GET /reservations?subnetId=${subnet.id}`);
  expect(reservations).toMatchObject([{ ip: "10.31.0.7", mac: "52:54:00:12:34:56" }]);
});

test("what is wrong with a DHCP setting is said at its field, and what is right is kept", async () => {
  const subnet = await region.call("POST /subnets", { siteId: site.id, cidr: "10.32.0.0/24" });
  const page = await open("the-admin", `/networks/subnets/${subnet.id}/dhcp`);
  const gateway = page.getByLabel("Gateway", { exact: true });
  await gateway.fill("10.32.0.300");
  await page.getByText('"10.32.0.300" is not an IPv4 address').waitFor();
  await gateway.fill("10.99.0.1"); // an address, but of another network
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor();
  expect(await gateway.getAttribute("aria-invalid")).toBe("true");
  await gateway.fill("10.32.0.1");
  await page.getByLabel("DNS servers").fill("10.32.0.2, 10.32.0.3");
  await page.getByLabel("Routes past the gateway").fill("10.9.0.0/16 10.32.0.254");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. The agent has it in some seconds.").waitFor();
  expect(await region.call(`GET /subnets/${subnet.id}`)).toMatchObject({
    gateway: "10.32.0.1",
    dnsServers: ["10.32.0.2", "10.32.0.3"],
    classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.32.0.254" }],
  });
});

test("a large network is shown in blocks that are looked into and left again by keys", async () => {
  const subnet = await region.call("POST /subnets", { siteId: site.id, cidr: "10.64.0.0/16" });
  const page = await open("the-admin", `/networks/subnets/${subnet.id}`);
  await page.getByRole("option", { name: /^10\.64\.7\.0\/24: 0 of 256/ }).focus();
  await page.keyboard.press("Enter");
  await cell(page, "10.64.7.255").waitFor();
  await page.getByRole("button", { name: "Back to 10.64.0.0/16" }).click();
  await page.getByRole("option", { name: /^10\.64\.255\.0\/24/ }).waitFor();
});

test("a viewer sees networks and who has an address, and nothing to press", async () => {
  const { subnets } = await region.call("GET /subnets");
  const page = await open("the-viewer", "/networks");
  await page.getByRole("link", { name: "10.30.0.0/24" }).waitFor();
  const deeds = /add|edit|remove|reserve|save|actions/i;
  expect(await page.getByRole("main").getByRole("button", { name: deeds }).count()).toBe(0);
  await page.goto(`${region.url}/networks/subnets/${subnets[0].id}`);
  await cell(page, "10.30.0.100").click();
  await page.getByText("Dynamic range, free").first().waitFor();
  for (const tab of ["", "/addresses", "/dhcp"]) {
    await page.goto(`${region.url}/networks/subnets/${subnets[0].id}${tab}`);
    await page.getByRole("heading", { level: 1, name: "10.30.0.0/24" }).waitFor();
    expect(await page.getByRole("main").getByRole("button", { name: deeds }).count()).toBe(0);
    expect(await page.getByRole("main").getByRole("textbox").count()).toBe(0);
  }
});
