import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, test } from "vitest";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import type { PowerClock } from "@/rack-agent/services/power/driver.ts";
import { openIpmiDriver } from "@/rack-agent/services/power/ipmi_driver.ts";
import type { IpmiDescription } from "@/rack-agent/services/power/driver.ts";
import { PowerOrders } from "@/rack-agent/services/power/power_orders.ts";
import { ADMIN, HAS_PEERS, ipmitool } from "./ipmi_sim.ts";
import { ScriptedBmc, type ScriptedBmcOptions } from "./scripted_bmc.ts";

const clock: PowerClock = { nowMs: () => performance.now(), wait: sleep };
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A scripted BMC on a free port of 127.0.0.1. */
async function serve(options: Partial<ScriptedBmcOptions>) {
  const random16 = () => crypto.getRandomValues(new Uint8Array(16));
  const bmc = new ScriptedBmc({ ...ADMIN, random16, ...options });
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (bytes, from) => {
    for (const answer of bmc.receive(Uint8Array.from(bytes))) {
      socket.send(answer, from.port, from.address);
    }
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  return { bmc, port: socket.address().port };
}

// The scripted BMC shares its codec with our client; ipmitool does not.
describe.skipIf(!HAS_PEERS)("ipmitool judges the codec", { timeout: 30_000 }, () => {
  for (const suite of [3, 17] as const) {
    for (const kg of [undefined, "bmc-key"]) {
      test(`with cipher suite ${suite} and K_g ${kg ?? "absent"}`, async () => {
        const { bmc, port } = await serve({ suite, kg });
        const run = (...command: string[]) => ipmitool({ port, suite, kg }, ...command);
        expect((await run("power", "status")).output).toContain("Chassis Power is off");
        expect((await run("power", "on")).output).toContain("Up/On");
        expect(bmc.isOn).toBe(true);
        await run("chassis", "bootdev", "pxe", "options=efiboot");
        expect(bmc.bootFlags).toEqual([[0xa0, 0x04, 0, 0, 0]]);
        expect(bmc.openSessions).toBe(0);
      });
    }
  }

  test("with another password and another K_g, both refused", async () => {
    const { bmc, port } = await serve({ suite: 17, kg: "bmc-key" });
    const target = { port, suite: 17, kg: "bmc-key" } as const;
    const others = [{ ...target, password: "other" }, { ...target, kg: "other" }];
    for (const other of others) {
      expect((await ipmitool(other, "power", "on")).status).not.toBe(0);
    }
    expect(bmc.isOn).toBe(false);
  });
});

test("our driver and ipmitool set the same boot flags", async () => {
  const { bmc, port } = await serve({ suite: 17, kg: "bmc-key" });
  const orders = new PowerOrders({
    openDriver: (own) => openIpmiDriver(own as IpmiDescription, { clock }),
    clock,
  });
  const login = { address: "127.0.0.1", port, ...ADMIN, cipherSuite: 17, kg: "bmc-key" } as const;
  const target = { kind: "ipmi", ...login } as const;
  expect(await orders.executeOrder(target, "cycle_to_network")).toEqual({ state: "on" });
  await orders.executeOrder(target, "next_boot_disk", { uefi: false });
  expect(bmc.bootFlags).toEqual([[0xa0, 0x04, 0, 0, 0], [0x80, 0x08, 0, 0, 0]]);
  expect(bmc.openSessions).toBe(0);
});
