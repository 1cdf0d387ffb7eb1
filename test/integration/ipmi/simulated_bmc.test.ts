import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import type { IpmiDescription, PowerClock } from "@/rack-agent/services/power/driver.ts";
import { openIpmiDriver } from "@/rack-agent/services/power/ipmi_driver.ts";
import { PowerOrders } from "@/rack-agent/services/power/power_orders.ts";
import type { CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import { IpmiBmc, type IpmiBmcOptions } from "@/test/fakes/bmc/ipmi_bmc.ts";
import { type NetworkFault, type ServedBmc, serveIpmi } from "@/test/fakes/bmc/ipmi_service.ts";
import { ADMIN, HAS_PEERS, ipmitool } from "./ipmi_sim.ts";

const clock: PowerClock = { nowMs: () => performance.now(), wait: sleep };
const served: ServedBmc[] = [];
afterEach(async () => {
  await Promise.all(served.splice(0).map((each) => each.stop()));
});

/** A simulated BMC on a free port of 127.0.0.1. */
async function serve(options: Partial<IpmiBmcOptions>, fault?: NetworkFault) {
  const random16 = () => crypto.getRandomValues(new Uint8Array(16));
  const bmc = new IpmiBmc({ ...ADMIN, random16, ...options });
  const one = await serveIpmi(bmc, { fault });
  served.push(one);
  return one;
}

/** Suites that ipmitool 1.8.19 speaks; those without integrity among them. */
const TOOL_SUITES = [0, 1, 2, 3, 6, 7, 8, 15, 16, 17] as const satisfies CipherSuiteId[];

// The simulated BMC shares its codec with our client; ipmitool does not.
describe.skipIf(!HAS_PEERS)("ipmitool judges the codec", { timeout: 60_000 }, () => {
  for (const suite of [3, 17] as const) {
    for (const kg of [undefined, "bmc-key"]) {
      test(`with cipher suite ${suite} and K_g ${kg ?? "absent"}`, async () => {
        const { bmc, port } = await serve({ kg });
        const run = (...command: string[]) => ipmitool({ port, suite, kg }, ...command);
        expect((await run("power", "status")).output).toContain("Chassis Power is off");
        expect((await run("power", "on")).output).toContain("Up/On");
        expect(bmc.machine.isOn).toBe(true);
        await run("chassis", "bootdev", "pxe", "options=efiboot");
        expect(bmc.machine.bootFlags).toEqual([[0xa0, 0x04, 0, 0, 0]]);
        expect(bmc.openSessions).toBe(0);
      });
    }
  }

  for (const suite of TOOL_SUITES) {
    test(`with cipher suite ${suite}, which nothing but a choice allows`, async () => {
      const { bmc, port } = await serve({ suites: [suite] });
      const { status, output } = await ipmitool({ port, suite }, "power", "on");
      expect(output).toContain("Up/On");
      expect(status).toBe(0);
      expect(bmc.machine.isOn).toBe(true);
    });
  }

  test("with IPMI 1.5", async () => {
    const { bmc, port } = await serve({ supportsIpmi2: false });
    const target = { port, version: "1.5" } as const;
    expect((await ipmitool(target, "power", "on")).output).toContain("Up/On");
    expect((await ipmitool(target, "sdr", "list")).output).toContain("CPU Temp");
    expect(bmc.machine.isOn).toBe(true);
    expect((await ipmitool({ ...target, password: "other" }, "power", "off")).status).not.toBe(0);
    expect(bmc.machine.isOn).toBe(true);
  });

  test("with another password and another K_g, both refused", async () => {
    const { bmc, port } = await serve({ kg: "bmc-key" });
    const target = { port, suite: 17, kg: "bmc-key" } as const;
    const others = [{ ...target, password: "other" }, { ...target, kg: "other" }];
    for (const other of others) {
      expect((await ipmitool(other, "power", "on")).status).not.toBe(0);
    }
    expect(bmc.machine.isOn).toBe(false);
  });
});

const HAS_FREEIPMI = spawnSync("which", ["ipmi-power"]).status === 0;

/** FreeIPMI's own client; it takes the password from a file. */
async function ipmiPower(port: number, suite: CipherSuiteId): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rackwright-freeipmi-"));
  const config = join(folder, "freeipmi.conf");
  const login = `username ${ADMIN.username}\npassword ${ADMIN.password}\n`;
  writeFileSync(config, login, { mode: 0o600 });
  const target = ["-h", `127.0.0.1:${port}`, "-D", "LAN_2_0", "-I", String(suite)];
  const child = spawn("ipmi-power", ["--config-file", config, ...target, "-l", "OPERATOR", "-s"]);
  let output = "";
  child.stdout.on("data", (text) => output += text);
  child.stderr.on("data", (text) => output += text);
  await new Promise((resolve) => child.on("close", resolve));
  rmSync(folder, { recursive: true });
  return output;
}

describe.skipIf(!HAS_FREEIPMI)("FreeIPMI judges the codec", { timeout: 60_000 }, () => {
  for (const suite of [2, 3, 7, 8, 11, 12, 16, 17] as const) {
    test(`with cipher suite ${suite}`, async () => {
      const { port } = await serve({ suites: [suite] });
      expect(await ipmiPower(port, suite)).toMatch(/: off/);
    });
  }
});

const options = { uefi: true };

for (const suite of [2, 3, 7, 8, 11, 12, 16, 17] as const) {
  test(`our driver speaks cipher suite ${suite} when told to`, async () => {
    const { bmc, port } = await serve({ suites: [suite] });
    const login = { address: "127.0.0.1", port, ...ADMIN, cipherSuite: suite } as const;
    const driver = openIpmiDriver(login, { clock });
    await driver.on();
    expect(await driver.query()).toBe("on");
    await driver.setNextBoot("network", options);
    await driver.close();
    expect(driver.dropped).toEqual({});
    expect(bmc.openSessions).toBe(0);
  });
}

for (const suite of [0, 1, 6, 15] as const) {
  test(`cipher suite ${suite} is refused, and used where unsafe ones are permitted`, async () => {
    const { bmc, port } = await serve({ suites: [suite] });
    const login = { address: "127.0.0.1", port, ...ADMIN, cipherSuite: suite } as const;
    const refused = await openIpmiDriver(login, { clock }).query().catch((error) => error);
    expect(refused).toMatchObject({ code: "bmc.cipher_unusable", field: "cipherSuite" });
    expect(refused.message).toContain("2, 3, 7, 8, 11, 12, 16, 17");
    const driver = openIpmiDriver({ ...login, allowUnsafe: true }, { clock });
    await driver.on();
    await driver.close();
    expect(bmc.machine.isOn).toBe(true);
    expect(bmc.openSessions).toBe(0);
  });
}

test("our driver speaks IPMI 1.5 when told to, and says so when it must be told", async () => {
  const { bmc, port } = await serve({ supportsIpmi2: false });
  const login = { address: "127.0.0.1", port, ...ADMIN };
  const refused = await openIpmiDriver(login, { clock }).query().catch((error) => error);
  expect(refused).toMatchObject({ code: "bmc.too_old" });
  const driver = openIpmiDriver({ ...login, version: "1.5" }, { clock });
  await driver.on();
  expect(await driver.query()).toBe("on");
  await driver.close();
  expect(driver.dropped).toEqual({});
  expect(bmc.openSessions).toBe(0);
  const wrong = openIpmiDriver({ ...login, version: "1.5", password: "other" }, { clock });
  expect(await wrong.query().catch((error) => error)).toMatchObject({ code: "bmc.wrong_password" });
  const nobody = openIpmiDriver({ ...login, version: "1.5", username: "nobody" }, { clock });
  expect(await nobody.query().catch((error) => error)).toMatchObject({ code: "bmc.unknown_user" });
});

const faults: [string, Partial<IpmiBmcOptions>, NetworkFault][] = [
  ["is slow", {}, { slowMs: 900 }],
  ["sends garbage", {}, { sendsGarbage: true }],
  ["loses its sessions", { commandsPerSession: 4 }, {}],
  ["numbers every third answer one too low", { offByOneEvery: 3 }, {}],
];
for (const [what, own, fault] of faults) {
  test(`a BMC that ${what} is switched all the same`, { timeout: 60_000 }, async () => {
    const { bmc, port } = await serve(own, fault);
    const driver = openIpmiDriver({ address: "127.0.0.1", port, ...ADMIN }, { clock });
    for (const state of ["on", "off"] as const) {
      await driver[state]();
      expect(await driver.query()).toBe(state);
    }
    expect(bmc.machine.isOn).toBe(false);
    await driver.close();
  });
}

test("a BMC that is deaf is said not to answer", { timeout: 30_000 }, async () => {
  const { port } = await serve({}, { isDeaf: true });
  const driver = openIpmiDriver({ address: "127.0.0.1", port, ...ADMIN }, { clock });
  expect(await driver.query().catch((error) => error)).toMatchObject({ code: "bmc.no_answer" });
  await driver.close();
});

test("our driver and ipmitool set the same boot flags", async () => {
  const { bmc, port } = await serve({ kg: "bmc-key" });
  const orders = new PowerOrders({
    openDriver: (own) => openIpmiDriver(own as IpmiDescription, { clock }),
    clock,
  });
  const login = { address: "127.0.0.1", port, ...ADMIN, cipherSuite: 17, kg: "bmc-key" } as const;
  const target = { kind: "ipmi", ...login } as const;
  expect(await orders.executeOrder(target, "cycle_to_network")).toEqual({ state: "on" });
  await orders.executeOrder(target, "next_boot_disk", { uefi: false });
  expect(bmc.machine.bootFlags).toEqual([[0xa0, 0x04, 0, 0, 0], [0x80, 0x08, 0, 0, 0]]);
  expect(bmc.openSessions).toBe(0);
});
