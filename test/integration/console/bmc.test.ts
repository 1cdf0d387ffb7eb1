import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodedSite, startCodedSite } from "@/test/fakes/coded_site.ts";
import { findViolations } from "./axe.ts";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

const PINNED = "9a64aaec0505a5dc17be423bf1d680e7051b797850bba432a621883b80dad016";
const SHOWN = "ab".repeat(32);
const MAC = "52:54:00:bc:00:01";

let region: ConsoleRegion;
let browser: ConsoleBrowser;
let site: CodedSite;
let systemId: string;

beforeAll(async () => {
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
  const { id: siteId } = await region.call("POST /sites", { name: "Berlin 2" });
  const { token } = await region.call(`POST /sites/${siteId}/join-tokens`, {});
  site = await startCodedSite({ url: region.url, token });
  const bare = { siteId, hostname: "node-1", macs: [MAC] };
  systemId = (await region.call("POST /machines", bare)).systemId;
});

afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await region?.stop();
});

test("a network is looked through, and what answered is given to a machine", async () => {
  const window = await browser.open();
  const { page } = window;
  const url = `${region.url}/sites/${site.siteId}`;
  await signIn(window, { url, username: "the-admin", password: PASSWORD });
  const card = page.getByRole("region", { name: "BMCs found in the network" });
  await page.getByRole("button", { name: "Look for BMCs" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Network to look through").fill("10.0.0.0/8");
  await dialog.getByRole("button", { name: "Look for BMCs" }).click();
  await dialog.getByText("give it in parts of /22 or smaller").first().waitFor();
  await dialog.getByLabel("Network to look through").fill("10.21.0.0/24");
  await dialog.getByRole("button", { name: "Look for BMCs" }).click();
  await page.getByText("Looking through 10.21.0.0/24").waitFor();
  const [scan] = (await region.call(`GET /sites/${site.siteId}/bmc-scans`)).bmcScans;
  const found = [
    {
      ...{ address: "10.21.0.7", kinds: ["ipmi", "redfish"], vendor: "Dell", product: "iDRAC" },
      certificateSha256: PINNED,
    },
    { address: "10.21.0.8", kinds: ["ipmi"] },
  ];
  await site.report([{ kind: "bmc_scan.ended", scanId: scan.id, found }]);
  await card.getByRole("row").filter({ hasText: "10.21.0.7" }).getByText("IPMI, Redfish").waitFor();
  expect(await findViolations(page)).toEqual([]);

  await card.getByRole("button", { name: "Adopt" }).first().click();
  await dialog.getByLabel("Machine", { exact: true }).selectOption({ label: `node-1 (${MAC})` });
  expect(await dialog.getByLabel("Certificate fingerprint").inputValue()).toBe(PINNED);
  expect(await findViolations(page)).toEqual([]);
  await dialog.getByLabel("BMC user").fill("root");
  await dialog.getByLabel("BMC password").fill("calvin");
  await dialog.getByRole("button", { name: "Give it this BMC" }).click();
  await card.getByRole("link", { name: systemId }).click();
  await page.getByText("9A:64:AA:EC").waitFor();
});

test("a changed certificate is shown with both fingerprints, and accepted", async () => {
  const message = `the certificate of the BMC at 10.21.0.7 changed: it shows SHA-256 ${SHOWN}, ` +
    `not ${PINNED}; nothing was sent.`;
  const fault = { code: "bmc.certificate_changed", message };
  await site.report([{ kind: "power.observed", systemId, state: "unknown", ...fault }]);
  const window = await browser.open({ theme: "dark" });
  const { page } = window;
  const url = `${region.url}/machines/${systemId}`;
  await signIn(window, { url, username: "the-admin", password: PASSWORD });
  await page.getByText("The BMC shows another certificate").waitFor();
  await page.getByText("AB:AB:AB:AB").first().waitFor();
  expect(await findViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Accept the new certificate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Accept the new certificate" }).click();
  await page.getByText("The BMC shows another certificate").waitFor({ state: "detached" });
  const { bmc } = await region.call(`GET /machines/${systemId}`);
  expect(bmc.certificateSha256).toBe(SHOWN);
});

test("each kind of BMC has its fields, and what is wrong with one is said at it", async () => {
  const window = await browser.open();
  const { page } = window;
  const url = `${region.url}/machines/${systemId}`;
  await signIn(window, { url, username: "the-admin", password: PASSWORD });
  const dialog = page.getByRole("dialog");
  const edit = async (kind: string, fill: () => Promise<void>) => {
    await page.getByRole("button", { name: "Edit" }).click();
    await dialog.getByLabel("How it is switched").selectOption(kind);
    await fill();
    await dialog.getByRole("button", { name: "Save" }).click();
  };
  const saved = async () => {
    await dialog.waitFor({ state: "detached" });
    return (await region.call(`GET /machines/${systemId}`)).bmc;
  };

  await edit("ipmi", async () => {
    await dialog.getByText("More", { exact: true }).click();
    await dialog.getByLabel("Port").fill("70000");
    await dialog.getByLabel("Cipher suite").selectOption("17");
    await dialog.getByLabel("K_g", { exact: true }).fill("0x1234");
    await dialog.getByLabel("Privilege").selectOption("administrator");
    expect(await findViolations(page)).toEqual([]);
  });
  await dialog.getByText(/65535/).first().waitFor();
  await dialog.getByLabel("Port").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("give the password of the BMC").first().waitFor();
  await dialog.getByLabel("BMC password").fill("calvin");
  await dialog.getByRole("button", { name: "Save" }).click();
  expect(await saved()).toMatchObject({
    ...{ kind: "ipmi", address: "10.21.0.7", port: 623, cipherSuite: 17 },
    privilege: "administrator",
  });

  // The same BMC in another way: its password stays.
  await edit("ipmi", () => dialog.getByText("More", { exact: true }).click());
  await dialog.waitFor({ state: "detached" });
  await edit("ipmi", async () => {
    await dialog.getByText("More", { exact: true }).click();
    await dialog.getByLabel("Cipher suite").selectOption("3");
  });
  expect(await saved()).toMatchObject({ kind: "ipmi", cipherSuite: 3 });

  await edit("webhook", async () => {
    await dialog.getByLabel("Address for on").fill("https://power.example/on");
    await dialog.getByLabel("Address for off").fill("https://power.example/off");
  });
  expect(await saved()).toMatchObject({ kind: "webhook", onUrl: "https://power.example/on" });
  await edit("wake_on_lan", () => dialog.getByLabel("Broadcast address").fill("10.20.0.255"));
  expect(await saved()).toEqual({ kind: "wake_on_lan", mac: MAC, broadcast: "10.20.0.255" });
  await edit("manual", () => dialog.getByText("Somebody presses the button").waitFor());
  expect(await saved()).toEqual({ kind: "manual" });
  expect(window.complaints.filter((text) => !/\b40[01]\b/.test(text))).toEqual([]);
});
