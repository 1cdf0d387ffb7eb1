import "./patience.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { findViolations } from "./axe.ts";
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

async function open(username: string, path: string): Promise<Page> {
  const window = await browser.open();
  await signIn(window, { url: region.url, username, password: PASSWORD });
  await window.page.goto(`${region.url}${path}`);
  await window.page.getByRole("heading", { level: 1 }).waitFor();
  return window.page;
}

/** Who a key says that it is; undefined: nobody. */
async function whoIs(key: string): Promise<{ actingRole: string } | undefined> {
  const response = await fetch(`${region.url}/api/v1/me`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const me = await response.json();
  return response.ok ? me : undefined;
}

test("an API key is shown once, may what its scope says, and is revoked", async () => {
  const page = await open("the-operator", "/settings/api-keys");
  await page.getByRole("button", { name: "Make key" }).click();
  await page.getByLabel("What it is for").fill("the backup job");
  await page.getByLabel("What it may").selectOption("read");
  await page.getByLabel("What it is for").press("Enter");
  const shown = page.getByLabel("API key", { exact: true });
  await shown.waitFor();
  const key = await shown.innerText();
  expect(await whoIs(key)).toMatchObject({ username: "the-operator", actingRole: "viewer" });
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.reload();
  await page.getByRole("cell", { name: "the backup job", exact: true }).waitFor();
  expect(await page.content()).not.toContain(key);
  await page.getByRole("button", { name: "Actions for the backup job" }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("No API keys").waitFor();
  expect(await whoIs(key)).toBeUndefined();
});

test("a user is made, limited to a pool, and shut out; the audit shows what changed", async () => {
  const page = await open("the-admin", "/settings/pools");
  await page.getByRole("button", { name: "Add pool" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("build farm");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "build farm", exact: true }).waitFor();
  await page.getByRole("link", { name: "Users" }).click();
  await page.getByRole("button", { name: "Add user" }).click();
  await page.getByLabel("User name").fill("Anna Smith");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await page.getByLabel("User name").getAttribute("aria-invalid")).toBe("true");
  await page.getByLabel("User name").fill("anna");
  await page.getByLabel("Machines that they see").selectOption("some");
  await page.getByLabel("build farm").check();
  await page.getByRole("dialog").getByRole("button", { name: "Add user" }).click();
  await page.getByRole("cell", { name: "anna", exact: true }).waitFor();
  const { users } = await region.call("GET /users?q=anna");
  expect(users).toMatchObject([{
    username: "anna",
    role: "operator",
    poolIds: [expect.anything()],
  }]);

  await page.getByRole("button", { name: "Actions for anna" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await page.getByLabel("May not sign in").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("shut out").waitFor();

  await page.goto(`${region.url}/activity/audit?action=user.update`);
  await page.getByText(/^Intact: all \d+ entries/).waitFor();
  const entry = page.locator("details").filter({ hasText: "anna" });
  await entry.locator("summary").focus();
  await page.keyboard.press("Enter");
  const row = entry.getByRole("row").filter({ hasText: "isDisabled" });
  expect(await row.getByRole("cell").allInnerTexts()).toEqual(["false", "true"]);
});

test("a tag's definition is tried while it is typed", async () => {
  const page = await open("the-admin", "/settings/tags");
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByLabel("Name", { exact: true }).fill("large");
  await page.getByLabel("Definition", { exact: true }).fill("memory > 5");
  await page.getByText("there is no memory here").waitFor();
  await page.getByLabel("Definition", { exact: true }).fill("memoryMib >= 65536");
  await page.getByText("Fits none of 0 machines").waitFor();
  await page.getByLabel("Name", { exact: true }).press("Enter");
  await page.getByRole("cell", { name: "memoryMib >= 65536" }).waitFor();
});

test("a setting takes only what it says, and goes back to its default", async () => {
  const page = await open("the-admin", "/settings/general");
  const row = page.getByRole("listitem").filter({
    has: page.getByRole("heading", { name: "Session hours" }),
  });
  await row.getByRole("button", { name: "Change" }).click();
  await page.getByLabel("Value").fill("many");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Value").fill("8");
  await page.keyboard.press("Enter");
  await row.getByText("8", { exact: true }).waitFor();
  expect(await region.call("GET /settings/sessionHours")).toMatchObject({ value: 8 });
  await row.getByRole("button", { name: "Back to the default" }).click();
  await row.getByText("default", { exact: true }).waitFor();
  expect(await region.call("GET /settings/sessionHours")).toMatchObject({ isDefault: true });
});

test("webhooks, DHCP options and notifications are made where they are listed", async () => {
  const page = await open("the-admin", "/settings/webhooks");
  await page.getByRole("button", { name: "Add webhook" }).click();
  await page.getByLabel("Address", { exact: true }).fill("http://127.0.0.1/hook");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  expect(await page.getByLabel("Address", { exact: true }).getAttribute("aria-invalid")).toBe(
    "true",
  );
  await page.getByLabel("Address", { exact: true }).fill("https://hooks.example.com/rackwright");
  await page.keyboard.press("Enter");
  await page.getByLabel("Signing secret", { exact: true }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByRole("cell", { name: "https://hooks.example.com/rackwright", exact: true })
    .waitFor();

  await page.getByRole("link", { name: "DHCP options" }).click();
  await page.getByRole("button", { name: "Add option" }).click();
  await page.getByLabel("Option", { exact: true }).fill("time-servers");
  await page.getByLabel("Value", { exact: true }).fill("10.0.0.5");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /4\s*time-servers\s*10\.0\.0\.5\s*Everybody/ }).waitFor();

  const settings = page.getByRole("navigation", { name: "Settings" });
  await settings.getByRole("link", { name: "Notifications" }).click();
  await page.getByRole("button", { name: "Write a notification" }).click();
  await page.getByLabel("Message").fill("No power on Sunday");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "No power on Sunday", exact: true }).waitFor();
});

test("a viewer has an account of their own, and changes nothing of the region", async () => {
  const page = await open("the-viewer", "/settings/users");
  await page.getByRole("heading", { name: "Settings: Account" }).waitFor();
  const settings = page.getByRole("navigation", { name: "Settings" });
  expect(await settings.getByRole("link").allInnerTexts()).toEqual(
    ["Account", "SSH keys", "API keys", "Tags", "Scripts", "Zones", "Pools", "DHCP options"],
  );
  for (const section of ["tags", "zones", "pools", "dhcp-options"]) {
    await page.goto(`${region.url}/settings/${section}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".wait").waitFor({ state: "detached" });
    expect(await page.getByRole("main").getByRole("button").count()).toBe(0);
  }
});

test("a script is written, and changed", async () => {
  const page = await open("the-admin", "/settings/scripts");
  await page.getByRole("button", { name: "Add script" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("look-at-fans");
  await dialog.getByLabel("Runs when").selectOption("commissioning");
  await dialog.getByLabel("Source").fill("ipmitool sdr type fan");
  await dialog.getByRole("button", { name: "Add script" }).click();
  await dialog.getByText(/begin with #!/i).first().waitFor();
  await dialog.getByLabel("Source").fill("#!/bin/sh\nipmitool sdr type fan\n");
  expect(await findViolations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Add script" }).click();
  await page.getByRole("row").filter({ hasText: "look-at-fans" }).waitFor();
  await page.getByRole("button", { name: "Actions for look-at-fans" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await expect.poll(() => dialog.getByLabel("Source").inputValue()).toContain("sdr type fan");
  await dialog.getByLabel("Time limit in seconds").fill("90");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("row").filter({ hasText: "1:30" }).waitFor();
});
