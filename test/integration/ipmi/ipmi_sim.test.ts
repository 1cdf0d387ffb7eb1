import { createSocket } from "node:dgram";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PowerOrder } from "@/rack-agent/protocol/power/order.ts";
import type { IpmiDescription, PowerClock } from "@/rack-agent/services/power/driver.ts";
import { IpmiConnection } from "@/rack-agent/services/power/ipmi_connection.ts";
import { type IpmiDriver, openIpmiDriver } from "@/rack-agent/services/power/ipmi_driver.ts";
import { HostNames } from "@/rack-agent/services/power/host_names.ts";
import { IpmiSockets } from "@/rack-agent/services/power/ipmi_sockets.ts";
import { PowerOrders } from "@/rack-agent/services/power/power_orders.ts";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import { getDeviceId } from "@/rack-agent/wire/ipmi/commands/get_device_id.ts";
import {
  ADMIN,
  freeUdpPort,
  HAS_PEERS,
  type IpmiSim,
  ipmitool,
  OPERATOR,
  startIpmiSim,
} from "./ipmi_sim.ts";
import { startRelay } from "./relay.ts";

const clock: PowerClock = { nowMs: () => performance.now(), wait: sleep };
const orders = new PowerOrders({
  openDriver: (bmc) => openIpmiDriver(bmc as IpmiDescription, { clock }),
  clock,
});
const bmcAt = (port: number, own: Partial<IpmiDescription> = {}): IpmiDescription => ({
  kind: "ipmi",
  address: "127.0.0.1",
  port,
  ...ADMIN,
  ...own,
});

/** The error an order ends with; its words are looked through for the planted passwords. */
async function refusal(bmc: IpmiDescription, order: PowerOrder = "query") {
  const error = await orders.executeOrder(bmc, order).then(
    () => expect.unreachable("the order succeeded"),
    (error) => error,
  );
  expectNoSecret(error);
  expect(error.message).toContain(bmc.address);
  return error;
}

/** Everything a log could print of a thing. */
function expectNoSecret(thing: unknown): void {
  const printed = inspect(thing, { depth: Infinity, showHidden: true }) + JSON.stringify(thing) +
    String(thing) + (thing instanceof Error ? thing.stack : "");
  expect(printed).not.toMatch(/planted/);
  const bytes = [...new TextEncoder().encode(ADMIN.password)].join(",");
  expect(printed.replaceAll(/\s/g, "")).not.toContain(bytes);
}

describe.skipIf(!HAS_PEERS)("against OpenIPMI's simulator", { timeout: 60_000 }, () => {
  let sim: IpmiSim;
  beforeAll(async () => {
    sim = await startIpmiSim();
  });
  afterAll(() => sim.stop());

  const toolSays = async (...command: string[]) =>
    (await ipmitool({ port: sim.port }, ...command)).output;

  test("query, on, off and cycle agree with ipmitool", async () => {
    const bmc = bmcAt(sim.port);
    const steps: [PowerOrder, "on" | "off"][] = [
      ["off", "off"],
      ["query", "off"],
      ["on", "on"],
      ["query", "on"],
      ["on", "on"],
      ["cycle", "on"],
      ["soft_off", "off"],
      ["cycle", "on"],
    ];
    for (const [order, state] of steps) {
      expect(await orders.executeOrder(bmc, order), order).toEqual({ state });
      expect(await toolSays("power", "status"), order).toContain(`Chassis Power is ${state}`);
      expect(sim.power(), order).toBe(state);
    }
    await ipmitool({ port: sim.port }, "power", "off");
    expect(await orders.executeOrder(bmc, "query")).toEqual({ state: "off" });
  });

  test("cycle_to_network sets the boot device, then switches off and on", async () => {
    const bmc = bmcAt(sim.port);
    await orders.executeOrder(bmc, "on");
    const before = sim.orders().length;
    expect(await orders.executeOrder(bmc, "cycle_to_network")).toEqual({ state: "on" });
    expect(sim.orders().slice(before)).toEqual(["set boot pxe", "set power 0", "set power 1"]);
    expect(await toolSays("chassis", "bootparam", "get", "5")).toContain("Force PXE");
  });

  test("the boot device agrees with ipmitool for disk and none", async () => {
    const bmc = bmcAt(sim.port);
    const expected = [
      ["next_boot_disk", "Force Boot from default Hard-Drive"],
      ["next_boot_network", "Force PXE"],
      ["next_boot_none", "No override"],
    ] as const;
    for (const [order, words] of expected) {
      await orders.executeOrder(bmc, order);
      expect(await toolSays("chassis", "bootparam", "get", "5")).toContain(words);
    }
  });

  test("the driver's own cycle switches off, and the BMC on again by itself", async () => {
    const driver = openIpmiDriver(bmcAt(sim.port), { clock });
    await driver.on();
    const before = sim.orders().length;
    await driver.cycle();
    // The simulator takes about a second; fifty polls are five.
    for (let poll = 0; poll < 50 && sim.orders().length < before + 2; poll++) {
      await clock.wait(100, AbortSignal.timeout(1_000));
    }
    expect(sim.orders().slice(before)).toEqual(["set power 0", "set power 1"]);
    expect(await driver.query()).toBe("on");
    await driver.close();
  });

  test("an operator's account is enough", async () => {
    const state = { state: sim.power() };
    expect(await orders.executeOrder(bmcAt(sim.port, OPERATOR), "query")).toEqual(state);
  });

  test("a hundred sessions leave none behind", async () => {
    for (let round = 0; round < 100; round++) {
      await orders.executeOrder(bmcAt(sim.port), "query");
    }
    expect(await toolSays("mc", "info")).toContain("4753");
  });

  test("the device id agrees with ipmitool", async () => {
    const connection = new IpmiConnection(bmcAt(sim.port), {
      nowMs: clock.nowMs,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
      sockets: new IpmiSockets(),
      names: new HostNames(),
    });
    await connection.open();
    const device = await connection.run(getDeviceId, undefined);
    expectNoSecret(connection);
    await connection.close();
    expect(connection.dropped).toEqual({});
    const info = await toolSays("mc", "info");
    expect(info).toMatch(new RegExp(`Manufacturer ID +: ${device.manufacturerId}`));
    expect(info).toMatch(new RegExp(`Firmware Revision +: ${device.firmwareVersion}`));
    expect(info).toMatch(new RegExp(`Product ID +: ${device.productId}`));
  });

  test("another password, user, cipher suite or K_g is named, without the password", async () => {
    const wrong = [
      [{ password: "mistyped-planted" }, "bmc.wrong_password"],
      [{ username: "nobody" }, "bmc.unknown_user"],
      [{ cipherSuite: 17 }, "bmc.cipher_refused"],
      [{ kg: "planted-kg" }, "bmc.wrong_kg"],
    ] as const;
    for (const [own, code] of wrong) {
      expect((await refusal(bmcAt(sim.port, own))).code).toBe(code);
    }
    expect(await orders.executeOrder(bmcAt(sim.port), "query")).toEqual({ state: sim.power() });
  });

  test("nothing that a log could print holds the password", async () => {
    const driver = openIpmiDriver(bmcAt(sim.port), { clock });
    await driver.query();
    expectNoSecret(driver);
    expectNoSecret(orders);
    await driver.close();
    await driver.close(); // twice is fine
  });

  test("damaged, repeated, foreign and random datagrams are dropped and counted", async () => {
    let round = 0;
    const relay = await startRelay(sim.port, (bytes) => {
      const random = crypto.getRandomValues(new Uint8Array(round++ % 70));
      const isSealed = bytes[4] === 0x06 && (bytes[5] ?? 0) >= 0xc0;
      if (!isSealed) return [random, bytes, random];
      const flipped = bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
      const foreignSession = bytes.with(6, (bytes[6] ?? 0) ^ 1);
      const unsigned = bytes.with(5, 0x80);
      return [random, flipped, foreignSession, unsigned, bytes, bytes, random];
    });
    const driver = openIpmiDriver(bmcAt(relay.port), { clock });
    const stranger = createSocket("udp4");
    try {
      await hostileCalls(driver, relay.clientPort, stranger);
      expect(driver.dropped.bad_integrity).toBeGreaterThan(0);
      expect(driver.dropped.wrong_session).toBeGreaterThan(0);
      expect(driver.dropped.not_sealed).toBeGreaterThan(0);
      expect(driver.dropped.malformed).toBeGreaterThan(0);
      expect(driver.dropped.unexpected).toBeGreaterThan(0);
      expect(driver.dropped.foreign).toBeGreaterThan(0);
    } finally {
      stranger.close();
      await driver.close();
      await relay.stop();
    }
  });

  /** Switches back and forth while a stranger sends well-formed datagrams to the client's port. */
  async function hostileCalls(
    driver: IpmiDriver,
    clientPort: () => number,
    stranger: ReturnType<typeof createSocket>,
  ): Promise<void> {
    for (let round = 0; round < 10; round++) {
      await (round % 2 === 0 ? driver.on() : driver.off());
      stranger.send(Uint8Array.of(6, 0, 255, 7, 0), clientPort(), "127.0.0.1");
      expect(await driver.query()).toBe(round % 2 === 0 ? "on" : "off");
      expect(sim.power()).toBe(round % 2 === 0 ? "on" : "off");
    }
  }
});

describe.skipIf(!HAS_PEERS)("against OpenIPMI's simulator with a K_g", () => {
  test("K_g is asked for, and used as text and as hex digits", { timeout: 30_000 }, async () => {
    const sim = await startIpmiSim({ kg: "bmc-key" });
    try {
      const missing = await refusal(bmcAt(sim.port));
      expect(missing.code).toBe("bmc.wrong_kg");
      expect(missing.message).toContain("none is given");
      for (const kg of ["bmc-key", "0x626d632d6b6579"]) {
        expect(await orders.executeOrder(bmcAt(sim.port, { kg }), "query")).toEqual({
          state: "off",
        });
      }
      const tool = await ipmitool({ port: sim.port, kg: "bmc-key" }, "power", "status");
      expect(tool.output).toContain("is off");
    } finally {
      await sim.stop();
    }
  });
});

describe.skipIf(!HAS_PEERS)("against a BMC that goes away", () => {
  test("a BMC that restarted is logged in to again", { timeout: 60_000 }, async () => {
    let sim = await startIpmiSim();
    const { port } = sim;
    const driver = openIpmiDriver(bmcAt(port), { clock });
    expect(await driver.query()).toBe("off");
    await sim.stop();
    sim = await startIpmiSim({ port });
    try {
      expect(await driver.query()).toBe("off");
    } finally {
      await driver.close();
      await sim.stop();
    }
  });
});

test("nobody listening is said within ten seconds", { timeout: 30_000 }, async () => {
  const startMs = performance.now();
  expect((await refusal(bmcAt(await freeUdpPort()))).code).toBe("bmc.no_answer");
  expect(performance.now() - startMs).toBeLessThan(10_000);
});

test("a name that does not resolve is said at once", async () => {
  const bmc = bmcAt(623, { address: "bmc.invalid" });
  expect((await refusal(bmc)).code).toBe("bmc.no_answer");
});

test("a cancelled order ends at once, even while the BMC is silent", async () => {
  const abort = new AbortController();
  const bmc = bmcAt(await freeUdpPort());
  const order = orders.executeOrder(bmc, "on", { signal: abort.signal });
  const startMs = performance.now();
  abort.abort();
  await expect(order).rejects.toMatchObject({ code: "power.order_cancelled" });
  expect(performance.now() - startMs).toBeLessThan(1_000);
});
