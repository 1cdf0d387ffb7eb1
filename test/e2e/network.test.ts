import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Anything, listOf } from "@/infra/lab/api_views.ts";
import type { RackMachine } from "@/infra/lab/hardware.ts";
import { enlist, registerBmc } from "@/infra/lab/journey.ts";
import { type Rack, startRack } from "@/infra/lab/rack.ts";
import { carryOut, machineNow } from "./rack_watch.ts";
import { signIn } from "./sign_in.ts";

const WithId = z.looseObject({ id: z.int() });

/** One machine; its port is in a bond, the bond in a bridge with a static address, and beside it a VLAN. */
describe("a machine that is connected as somebody said", () => {
  let rack: Rack;
  let machine: RackMachine;
  let systemId: string;
  const watch = () => ({ rack });

  beforeAll(async () => {
    const log = (line: string) => console.log(line);
    rack = await startRack({ name: "e2enet", machines: 1, firmware: "bios", log });
    machine = rack.machines[0]!; // one was asked for
    ({ systemId } = await enlist(watch(), machine));
    await registerBmc(rack, systemId, machine);
    await carryOut(watch(), systemId, "commission");
  });

  afterAll(async () => {
    await rack?.close();
  });

  test("knows where it is plugged in since it was commissioned", async () => {
    const [subnet] = await subnetsOf(rack);
    expect((await interfacesOf(rack, systemId))[0]?.vlanId).toBe(subnet?.vlanId);
  });

  test("boots, installs and starts with its own address, on a bridge over a bond", async () => {
    await connect();
    await carryOut(watch(), systemId, "deploy", { imageId: rack.imageId });
    expect((await machineNow(rack, systemId)).status).toBe("Deployed");
    const addresses = await signIn(rack, machine, "ip -brief -4 address");
    expect(addresses.output).toMatch(/^br0 +UP +10\.77\.0\.50\/24 *$/m);
    expect(addresses.output).toMatch(/^v100@bond0 +UP +10\.80\.0\.9\/24 *$/m);
    expect(addresses.output.match(/10\.77\.0\./g)).toHaveLength(1); // no DHCP beside it
    const links = await signIn(rack, machine, "ip -details link");
    expect(links.output).toContain("bond mode active-backup miimon 100");
    expect(links.output).toContain("vlan protocol 802.1Q id 100");
    expect(links.output).toMatch(/v100@bond0: .* mtu 1400 /);
    expect((await signIn(rack, machine, "ip route")).output).toMatch(
      /^10\.90\.0\.0\/16 via 10\.77\.0\.1 /m,
    );
    // While it booted from the network, DHCP gave it that very address.
    const leases = await rack.api.get(
      `/leases?siteId=${rack.site.id}`,
      listOf("leases", z.looseObject({ mac: z.string(), ipv4: z.string() })),
    );
    expect(leases.find(({ mac }) => mac === machine.mac)?.ipv4).toBe("10.77.0.50");
  });

  async function connect(): Promise<void> {
    const [subnet] = await subnetsOf(rack);
    const [port] = await interfacesOf(rack, systemId);
    const classlessRoutes = [{ destination: "10.90.0.0/16", gateway: "10.77.0.1" }];
    await rack.api.patch(`/subnets/${subnet?.id}`, { classlessRoutes }, Anything);
    const fabrics = await rack.api.get(
      `/fabrics?siteId=${rack.site.id}`,
      listOf("fabrics", WithId),
    );
    const tagged = { fabricId: fabrics[0]?.id, vid: 100, name: "storage", mtu: 1400 };
    const vlan = await rack.api.post("/vlans", tagged, WithId);
    const far = await rack.api.post("/subnets", {
      siteId: rack.site.id,
      cidr: "10.80.0.0/24",
      vlanId: vlan.id,
      dhcp: false,
    }, WithId);
    const make = (body: object) => rack.api.post(`/machines/${systemId}/interfaces`, body, WithId);
    const link = (interfaceId: number, body: object) =>
      rack.api.post(`/machines/${systemId}/interfaces/${interfaceId}/links`, body, WithId);
    const bond = await make({
      kind: "bond",
      name: "bond0",
      parentIds: [port?.id],
      bond: { mode: "active-backup", miimonMs: 100 },
    });
    const bridge = await make({ kind: "bridge", name: "br0", parentIds: [bond.id] });
    const child = { kind: "vlan", name: "v100", parentIds: [bond.id], vlanId: vlan.id };
    const { id: vlanInterface } = await make(child);
    await link(bridge.id, { mode: "static", subnetId: subnet?.id, ip: "10.77.0.50" });
    await link(vlanInterface, { mode: "static", subnetId: far.id, ip: "10.80.0.9" });
  }
});

async function subnetsOf(rack: Rack) {
  const view = z.looseObject({ id: z.int(), vlanId: z.int() });
  return await rack.api.get(`/subnets?siteId=${rack.site.id}`, listOf("subnets", view));
}

async function interfacesOf(rack: Rack, systemId: string) {
  const view = z.looseObject({ id: z.int(), vlanId: z.int().nullable() });
  return await rack.api.get(`/machines/${systemId}/interfaces`, listOf("interfaces", view));
}
