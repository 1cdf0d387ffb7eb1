import "./patience.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findViolations } from "./axe.ts";
import { type ConsoleBrowser, type ConsoleWindow, signIn, startBrowser } from "./browser.ts";
import { PASSWORD } from "./console_region.ts";
import { type Rack, startRack, untilStatus } from "./rack.ts";

const FAILING_STEP = { step: "partition disks", message: "sfdisk: /dev/nvme0n1 is in use" };

let rack: Rack;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [rack, browser] = await Promise.all([startRack(3), startBrowser()]);
  rack.site.failNext("node-2", FAILING_STEP);
  for (const systemId of rack.systemIds.slice(0, 2)) {
    await rack.region.call(`POST /machines/${systemId}/deploy`, { imageId: rack.imageId });
  }
  // Pages are looked at as they stay.
  for (const status of ["Deployed", "Failed deployment"]) {
    await untilStatus(rack.region, status, 1);
  }
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await rack?.stop();
});

/** Each page's address, and what stands on it when it is all there. */
function pages(): readonly (readonly [path: string, sign: string])[] {
  const [deployed = "", failed = "", ready = ""] = rack.systemIds;
  const { siteId } = rack.site;
  return [
    ["/machines", "node-1"],
    ["/machines?group=status&q=nothing", "No machine fits"],
    [`/machines/${deployed}`, "Example Systems R750"],
    [`/machines/${failed}`, "sfdisk: /dev/nvme0n1 is in use"],
    [`/machines/${ready}/network`, "What a deploy would write"],
    [`/machines/${ready}/storage`, "nvme0n1"],
    [`/machines/${deployed}/boot`, "Total"],
    [`/machines/${deployed}/scripts`, "look-at-fans"],
    [`/machines/${deployed}/events`, "the operation is done"],
    [`/machines/${deployed}/facts`, "operation.ended"],
    ["/sites", "Berlin 2"],
    [`/sites/${siteId}`, "packets were lost"],
    ["/activity/trends", "1 deploy · 1 failed"],
    ["/start", "Make a site"],
    [`/start/${siteId}`, "Bring in a machine"],
    ["/no/such/page", "There is nothing here"],
  ];
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  test("no page has a serious fault for whoever sees little or uses keys alone", async () => {
    const window = await browser.open({ theme });
    const faults: string[] = [];
    await window.page.goto(rack.region.url);
    await window.page.getByLabel("User name").waitFor();
    faults.push(...await seriousFaults(window, "sign-in"));
    const { url } = rack.region;
    await signIn(window, { url, username: "the-admin", password: PASSWORD });
    for (const [path, sign] of pages()) {
      await window.page.goto(`${url}${path}`);
      await window.page.getByText(sign).first().waitFor();
      faults.push(...await seriousFaults(window, path));
    }
    expect(faults).toEqual([]);
  }, 180_000);

  test("no dialog or menu has one either", async () => {
    const window = await browser.open({ theme });
    const { page } = window;
    const faults: string[] = [];
    const look = async (what: string) => {
      faults.push(...await seriousFaults(window, what));
      await page.keyboard.press("Escape");
    };
    const { url } = rack.region;
    await signIn(window, { url, username: "the-admin", password: PASSWORD });
    await page.getByText("node-1", { exact: true }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await look("keys");
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    await look("palette");
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menu").waitFor();
    await look("columns");
    await page.getByRole("button", { name: "Add machine" }).click();
    await page.getByRole("dialog").waitFor();
    await look("add machine");
    await page.keyboard.press("Control+a");
    await page.getByRole("toolbar").getByRole("button", { name: "Release" }).click();
    await page.getByRole("dialog").getByText("would").first().waitFor();
    await look("release many");
    await page.goto(`${url}/machines/${rack.systemIds[2]}`);
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByRole("dialog").getByText("What will happen").waitFor();
    await look("deploy");
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menu").waitFor();
    await look("actions");
    expect(faults).toEqual([]);
  }, 120_000);
});

async function seriousFaults({ page }: ConsoleWindow, where: string): Promise<string[]> {
  return (await findViolations(page)).map((line) => `${where}: ${line}`);
}
