import { spawn, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { type IpmiDriver, openIpmiDriver } from "@/rack-agent/services/power/ipmi_driver.ts";
import { readEvents } from "@/rack-agent/services/power/ipmi_events.ts";
import { readLan } from "@/rack-agent/services/power/ipmi_lan.ts";
import { readSensors } from "@/rack-agent/services/power/ipmi_sensors.ts";
import { listUsers, putUser, removeUser } from "@/rack-agent/services/power/ipmi_users.ts";
import type { IpmiLogin } from "@/rack-agent/protocol/ipmi/login.ts";
import { BOOT_PARAMETER, decodeBootFlags } from "@/rack-agent/wire/ipmi/commands/boot_options.ts";
import { getDeviceId } from "@/rack-agent/wire/ipmi/commands/get_device_id.ts";
import { getSystemBootOptions } from "@/rack-agent/wire/ipmi/commands/get_system_boot_options.ts";
import { IpmiBmc } from "@/test/fakes/bmc/ipmi_bmc.ts";
import { serveIpmi } from "@/test/fakes/bmc/ipmi_service.ts";
import { ADMIN, ended, freeUdpPort, HAS_PEERS, ipmitool, startIpmiSim } from "./ipmi_sim.ts";

// One table of commands over every BMC that we can get. What a peer does its own way stands in
// DIFFERENCES and in the README beside this file.

const clock = { nowMs: () => performance.now() };
const NEW_USER = {
  username: "deploy",
  password: "new-planted-one",
  privilege: "operator",
} as const;

/** Each row does one thing and returns what must be the same everywhere. */
const ROWS: Readonly<Record<string, (bmc: IpmiDriver, login: IpmiLogin) => Promise<unknown>>> = {
  "power on": async (bmc) => [await bmc.on(), await bmc.query()][1],
  "power cycle": (bmc) => bmc.cycle(),
  "power off": async (bmc) => [await bmc.off(), await bmc.query()][1],
  "power soft off": async (bmc) => [await bmc.on(), await bmc.softOff(), await bmc.query()][2],
  "boot device network": (bmc) => bootDevice(bmc, "network"),
  "boot device disk": (bmc) => bootDevice(bmc, "disk"),
  "boot device none": (bmc) => bootDevice(bmc, "none"),
  "device id": async (bmc) => (await bmc.run(getDeviceId, undefined)).ipmiVersion,
  "sensors": async (bmc) => {
    const sensor = (await readSensors(bmc)).find(({ name }) => name === "CPU Temp");
    return sensor && [sensor.type, sensor.value, sensor.unit];
  },
  "event log": async (bmc) => {
    const { records } = await readEvents(bmc, 100);
    const event = records.find((record) => record.kind === "event" && record.sensorType === 1);
    return event?.kind === "event" && [event.sensor, event.isAsserted, [...event.data]];
  },
  "network settings": async (bmc) => typeof (await readLan(bmc)).mac,
  "identify": (bmc) => bmc.identify(5),
  "users": async (bmc, login) => {
    const mine = (await listUsers(bmc)).find(({ username }) => username === login.username);
    return mine && [mine.mayUseIpmi, mine.privilege];
  },
  "new user": async (bmc, login) => {
    await putUser(bmc, NEW_USER);
    await putUser(bmc, NEW_USER); // again, as after a crash
    const theirs = openIpmiDriver({ ...login, ...NEW_USER }, { clock });
    const state = await theirs.query().finally(() => theirs.close());
    return [state, await removeUser(bmc, NEW_USER.username)];
  },
};

async function bootDevice(bmc: IpmiDriver, device: "network" | "disk" | "none") {
  await bmc.setNextBoot(device, { uefi: true });
  const parameter = BOOT_PARAMETER.bootFlags;
  const { data } = await bmc.run(getSystemBootOptions, { parameter });
  return decodeBootFlags(data).device;
}

const EXPECTED: Readonly<Record<string, unknown>> = {
  "power on": "on",
  "power cycle": undefined,
  "power off": "off",
  "power soft off": "off",
  "boot device network": "network",
  "boot device disk": "disk",
  "boot device none": "none",
  "device id": "2.0",
  "sensors": ["temperature", 41, "°C"],
  "event log": [1, true, [0x59, 92, 90]],
  "network settings": "string",
  "identify": undefined,
  "users": [true, 4],
  "new user": ["off", true],
};

const REFUSED = "bmc.command_failed";

/** What differs, by peer and row. */
const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "OpenIPMI's ipmi_sim": { "network settings": REFUSED },
  "pyghmi's fakebmc": {
    "power cycle": REFUSED,
    "sensors": REFUSED,
    "event log": REFUSED,
    "network settings": REFUSED,
    "identify": REFUSED,
    "users": REFUSED,
    "new user": REFUSED,
  },
};

async function runTable(peer: string, login: IpmiLogin): Promise<void> {
  const bmc = openIpmiDriver({ ...login, privilege: "administrator" }, { clock });
  const results: Record<string, unknown> = {};
  for (const [row, run] of Object.entries(ROWS)) {
    results[row] = await run(bmc, login).catch((error) => error.code ?? error);
  }
  await bmc.close();
  expect(results).toEqual({ ...EXPECTED, ...DIFFERENCES[peer] });
}

function startSimulated() {
  const random16 = () => crypto.getRandomValues(new Uint8Array(16));
  return serveIpmi(new IpmiBmc({ ...ADMIN, random16 }));
}

for (const cipherSuite of [3, 17] as const) {
  test(`our simulator, cipher suite ${cipherSuite}`, async () => {
    const { bmc, port, stop } = await startSimulated();
    try {
      await runTable("ours", { address: "127.0.0.1", port, ...ADMIN, cipherSuite });
      expect(bmc.openSessions).toBe(0);
    } finally {
      await stop();
    }
  });
}

test.skipIf(!HAS_PEERS)("OpenIPMI's ipmi_sim", { timeout: 60_000 }, async () => {
  const sim = await startIpmiSim();
  try {
    await runTable("OpenIPMI's ipmi_sim", { address: "127.0.0.1", port: sim.port, ...ADMIN });
  } finally {
    await sim.stop();
  }
});

const HAS_PYGHMI = spawnSync("which", ["fakebmc"]).status === 0;

test.skipIf(!HAS_PYGHMI)("pyghmi's fakebmc", { timeout: 60_000 }, async () => {
  const port = await freeUdpPort();
  const process = spawn("fakebmc", ["--port", String(port)], { stdio: "ignore" });
  try {
    const login = { address: "127.0.0.1", port, username: "admin", password: "password" };
    await untilLoggedIn(login);
    await runTable("pyghmi's fakebmc", login);
  } finally {
    await ended(process);
  }
});

/** It knows no ping and needs a second to start: the session's own patience is the wait. */
async function untilLoggedIn(login: IpmiLogin): Promise<void> {
  const driver = openIpmiDriver(login, { clock });
  await driver.query().finally(() => driver.close());
}

describe.skipIf(!HAS_PEERS)("ipmitool on our simulator", { timeout: 60_000 }, () => {
  /** The same commands in its words, and what it must say to each. */
  const TABLE: readonly (readonly [string, RegExp])[] = [
    ["power on", /Up\/On/],
    ["power status", /is on/],
    ["power cycle", /Cycle/],
    ["power soft", /Soft/],
    ["power status", /is off/],
    ["chassis bootdev pxe options=efiboot", /Set Boot Device to pxe/],
    ["chassis bootparam get 5", /Boot parameter data: a004000000[\s\S]*Force PXE/],
    ["chassis bootdev disk", /Set Boot Device to disk/],
    ["chassis bootparam get 5", /Hard-Drive/],
    ["chassis bootdev none", /Set Boot Device to none/],
    ["chassis bootparam get 5", /No override/],
    ["chassis status", /System Power +: off/],
    ["chassis identify 5", /5 seconds/],
    ["mc info", /Manufacturer ID +: 4753/],
    ["mc guid", /System GUID/],
    [
      "sdr list",
      /CPU Temp +\| 41 degrees C[\s\S]*Inlet Temp +\| -23 degrees C[\s\S]*12V +\| 12 Volts[\s\S]*Fan 1 +\| 7200 RPM/,
    ],
    ["sensor list", /CPU Temp +\| 41\.000/],
    ["sel info", /Entries +: 3/],
    ["sel list", /Power Supply[\s\S]*Temperature[\s\S]*Upper Critical going high \| Asserted/],
    ["lan print 1", /IP Address Source +: Static Address[\s\S]*MAC Address +: 02:00:5e:10:00:01/],
    ["user set name 3 deploy", /^(?![\s\S]*fail)/],
    ["user set password 3 a-new-planted-one 20", /successful/],
    ["channel setaccess 1 3 ipmi=on privilege=3", /successful/],
    ["user enable 3", /^(?![\s\S]*fail)/],
    ["user list 1", /3 +deploy +\S+ +\S+ +true +OPERATOR/],
    ["user test 3 20 a-new-planted-one", /Success/],
    ["sel clear", /Clearing SEL/],
    ["sel info", /Entries +: 0/],
  ];

  for (const suite of [3, 17] as const) {
    test(`with -C ${suite}`, async () => {
      const { port, stop, bmc } = await startSimulated();
      try {
        for (const [command, words] of TABLE) {
          const { output } = await ipmitool({ port, suite }, ...command.split(" "));
          expect(output, command).toMatch(words);
        }
        expect(bmc.openSessions).toBe(0);
      } finally {
        await stop();
      }
    });
  }

  test("without -C it asks for the suites and takes the best", async () => {
    const { port, stop } = await startSimulated();
    try {
      const { output } = await ipmitool({ port, suite: undefined }, "-v", "power", "status");
      expect(output).toMatch(/is off/);
    } finally {
      await stop();
    }
  });
});
