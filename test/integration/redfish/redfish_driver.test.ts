import { afterEach, expect, test } from "vitest";
import { FLAVOUR_NAMES, FLAVOURS } from "@/test/fakes/bmc/redfish_flavours.ts";
import { changedCertificate } from "@/region/console/pages/machine/bmc_form.ts";
import { RedfishDriver } from "@/rack-agent/services/power/redfish_driver.ts";
import { type SimulatedBmc, startSimulatedBmc } from "./simulated_bmc.ts";

let running: SimulatedBmc | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...options: Parameters<typeof startSimulatedBmc>): Promise<SimulatedBmc> {
  running = await startSimulatedBmc(...options);
  return running;
}

test.each(FLAVOUR_NAMES)("a machine of %s is switched, booted and read", async (flavour) => {
  const { chassis, bmc, driver } = await start({ flavour });
  const power = driver();
  expect(await power.query()).toBe("off");
  await power.setNextBoot("network", { uefi: FLAVOURS[flavour].bootMode === "UEFI" });
  await power.on();
  await power.on(); // as it is already
  expect(await power.query()).toBe("on");
  await power.setNextBoot("disk", { uefi: true });
  await power.setNextBoot("none", { uefi: true });
  await power.cycle();
  await power.softOff();
  await power.on();
  await power.off();
  expect(chassis.history).toEqual([
    "boot network",
    "on network",
    "boot disk",
    "boot none",
    "off",
    "on none",
    "off",
    "on none",
    "off",
  ]);
  const { watts, temperatures, fans } = await power.readings();
  expect(watts).toBe(9);
  expect(temperatures.map(({ celsius }) => celsius)).toEqual([23.5]);
  expect(fans).toHaveLength(1);
  expect(bmc.sessionCount).toBe(1);
  await power.close();
  expect(bmc.sessionCount).toBe(0);
});

test("a BMC without sessions gets basic authentication", async () => {
  const { driver } = await start({ hasSessions: false });
  expect(await driver().query()).toBe("off");
});

test("a BMC that has no session left gets basic authentication", async () => {
  const { bmc, driver } = await start();
  for (let i = 0; i < FLAVOURS.generic.sessionsMax; i++) await driver().query();
  expect(bmc.sessionCount).toBe(FLAVOURS.generic.sessionsMax);
  expect(await driver().query()).toBe("off");
});

test("a forgotten session is opened anew", async () => {
  const { bmc, driver } = await start();
  const power = driver();
  await power.query();
  bmc.forgetSessions();
  await power.on();
  expect(await power.query()).toBe("on");
});

test("a wrong password is named, with the user and without the password", async () => {
  const { driver } = await start();
  const password = "planted-Wrong-9";
  const error = await driver({ password }).query().catch((error) => error);
  expect(error).toMatchObject({
    code: "bmc.wrong_password",
    message: expect.stringMatching(/^the BMC at 127\.0\.0\.1 .*refuses user "admin"/),
  });
  expect(Deno.inspect(error, { depth: 9 })).not.toContain(password);
});

test("the certificate that a BMC shows is told once somebody could log in", async () => {
  const { login, certificate } = await start();
  const seen: string[] = [];
  const open = (password: string) =>
    new RedfishDriver({ ...login, password }, { onCertificate: (sha256) => seen.push(sha256) });
  const stranger = open("wrong");
  await expect(stranger.query()).rejects.toThrow("refuses user");
  await stranger.close();
  expect(seen).toEqual([]);
  const power = open(login.password);
  await power.query();
  await power.query();
  await power.close();
  expect(seen).toEqual([certificate.sha256]);
});

test("another certificate than the pinned one gets no password, and an error with both", async () => {
  const { bmc, certificate, driver } = await start();
  expect(await driver({ certificateSha256: certificate.sha256.toUpperCase() }).query()).toBe("off");
  const before = bmc.requests.length;
  const pinned = "ab".repeat(32);
  const refusal = await driver({ certificateSha256: pinned }).query().catch((error) => error);
  expect(refusal).toMatchObject({
    code: "bmc.certificate_changed",
    value: certificate.sha256,
    accepted: pinned,
  });
  expect(bmc.requests.length).toBe(before);
  // A fault reaches the console as its code and sentence; it shows both certificates by that.
  const { code, message } = refusal;
  const fault = { code, message, at: new Date(0).toISOString() };
  expect(changedCertificate({
    bmc: { kind: "redfish", certificateSha256: pinned },
    power: { state: "unknown", at: null, fault },
    failure: null,
  })).toEqual({ pinned, shown: certificate.sha256 });
});

test("one of several systems is chosen by its id, and must be", async () => {
  const { driver } = await start({ flavour: "openbmc" });
  expect(await driver({ system: "system" }).query()).toBe("off");
  await expect(driver({ system: "node7" }).query()).rejects.toMatchObject({
    code: "bmc.no_system",
    accepted: "system, hypervisor",
  });
});

test("an event reaches whoever watches; a BMC without a stream says so", async () => {
  const { driver, bmc } = await start();
  const watching = driver();
  const ended = new AbortController();
  const heard = Promise.withResolvers<void>();
  const end = watching.watch(() => heard.resolve(), ended.signal);
  const power = driver();
  await expect.poll(() => bmc.requests).toContain("GET /redfish/v1/EventService/SSE");
  await power.on();
  await heard.promise;
  ended.abort();
  await end;
});

test("a BMC that streams no events says so", async () => {
  const { driver } = await start({ flavour: "supermicro" });
  await expect(driver().watch(() => {}, new AbortController().signal)).rejects.toMatchObject({
    code: "bmc.not_offered",
  });
});
