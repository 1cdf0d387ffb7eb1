import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConsoleBrowser, signIn, startBrowser } from "./browser.ts";
import { type ConsoleRegion, PASSWORD, startConsoleRegion } from "./console_region.ts";

let region: ConsoleRegion;
let browser: ConsoleBrowser;

beforeAll(async () => {
  [region, browser] = await Promise.all([startConsoleRegion(), startBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await region?.stop();
});

test("a wrong password is refused in words, and the right one leads to where one wanted", async () => {
  const window = await browser.open();
  const { page } = window;
  await page.goto(`${region.url}/sites?x=1`);
  await page.getByLabel("User name").fill("the-admin");
  await page.getByLabel("Password").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  expect(await alert.textContent()).toContain("session.refused");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Sites", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/sites");
});

test("the session is out of reach of scripts, and over everywhere when one signs out", async () => {
  const window = await browser.open();
  const { page, context } = window;
  await signIn(window, { url: region.url, username: "the-operator", password: PASSWORD });
  expect(await page.evaluate(() => document.cookie)).toBe("");
  const [cookie] = await context.cookies();
  expect(cookie).toMatchObject({ name: "rackwright", httpOnly: true, sameSite: "Strict" });
  await page.getByTitle("the-operator, operator").click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("Password").waitFor();
  const headers = { cookie: `rackwright=${cookie?.value}` };
  const again = await fetch(`${region.url}/api/v1/me`, { headers });
  expect(again.status).toBe(401);
});

test("a page that was asked for before is the same after going back", async () => {
  const window = await browser.open();
  const { page } = window;
  await signIn(window, { url: region.url, username: "the-viewer", password: PASSWORD });
  await page.getByRole("link", { name: "Sites" }).click();
  await page.getByText("No sites yet").waitFor();
  await page.goBack();
  await page.getByText("No machines yet").waitFor();
  // Nothing was refused by the page's own policy, or thrown: only the question who this is.
  const others = window.complaints.filter((text) => !text.includes("401"));
  expect(others).toEqual([]);
});
