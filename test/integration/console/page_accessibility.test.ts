import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findViolations } from "./axe.ts";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

let region: ConsoleRegion;
let browser: ConsoleBrowser;
let paths: string[];

beforeAll(async () => {
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
  const { call } = region;
  const site = await call("POST /sites", { name: "Berlin 2" });
  const space = await call("POST /spaces", { name: "storage" });
  const [fabric] = (await call(`GET /fabrics?siteId=${site.id}`)).fabrics;
  const vlan = await call("POST /vlans", {
    fabricId: fabric.id,
    vid: 40,
    mtu: 9000,
    spaceId: space.id,
  });
  const small = await call("POST /subnets", {
    siteId: site.id,
    cidr: "10.20.0.0/24",
    gateway: "10.20.0.1",
  });
  const large = await call("POST /subnets", {
    siteId: site.id,
    cidr: "10.64.0.0/16",
    vlanId: vlan.id,
  });
  for (const [kind, first, last] of [["dynamic", 100, 150], ["reserved", 2, 9]]) {
    const ends = { first: `10.20.0.${first}`, last: `10.20.0.${last}` };
    await call("POST /ip-ranges", { subnetId: small.id, kind, ...ends });
  }
  await call("POST /reservations", { subnetId: small.id, mac: "52:54:00:00:00:10" });
  await call("POST /ip-addresses", { subnetId: small.id });
  await call("POST /dhcp-options", {
    subnetId: small.id,
    option: "time-servers",
    value: "10.1.1.1",
  });
  await call("POST /tags", { name: "large", definition: "memoryMib >= 65536" });
  await call("POST /groups", { name: "storage people" });
  await call("POST /webhooks", { url: "https://hooks.example.com/x" });
  await call("POST /notifications", { category: "warning", message: "No power", forUsers: true });
  const settings = [
    ...[
      "account",
      "ssh-keys",
      "api-keys",
      "tags",
      "scripts",
      "zones",
      "pools",
      "dhcp-options",
      "general",
    ],
    ...["users", "groups", "sign-in", "webhooks", "notifications"],
  ];
  paths = [
    "/networks",
    "/networks/spaces",
    `/networks/subnets/${small.id}`,
    `/networks/subnets/${small.id}/addresses`,
    `/networks/subnets/${small.id}/dhcp`,
    `/networks/subnets/${large.id}`,
    "/images",
    "/activity",
    "/activity/events",
    "/activity/audit",
    ...settings.map((section) => `/settings/${section}`),
  ];
});

afterAll(async () => {
  await browser?.close();
  await region?.stop();
});

for (const theme of ["light", "dark"] as const) {
  test(
    `nothing serious is found on networks, images, activity and settings, ${theme}`,
    async () => {
      const window = await browser.open({ theme });
      const { page } = window;
      await signIn(window, { url: region.url, username: "the-admin", password: PASSWORD });
      const found: string[] = [];
      for (const path of paths) {
        await page.goto(`${region.url}${path}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.locator(".wait").first().waitFor({ state: "detached" });
        found.push(...(await findViolations(page)).map((each) => `${path}: ${each}`));
      }
      expect(found).toEqual([]);
      // Nothing was thrown, or refused by the page's own policy: only who this is, and that there is
      // no identity provider, is answered with no.
      expect(window.complaints.filter((text) => !/\b40[14]\b/.test(text))).toEqual([]);
    },
    300_000,
  );
}
