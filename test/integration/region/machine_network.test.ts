import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { findMachine } from "@/region/db/queries/machines.ts";
import { recordInventory } from "@/region/services/machines/record_inventory.ts";
import { codeOf, makeNetworkSite, type NetworkSite } from "./network_fixture.ts";
import { INVENTORY, makeImage, makeMachine } from "./rack_fixture.ts";
import { readSiteDocument } from "./site_document.ts";
import { type Answer, type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let site: NetworkSite;
let imageId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  imageId = await makeImage(region);
});
beforeEach(async () => {
  site = await makeNetworkSite(region);
});
afterAll(() => region.stop());

describe("a deploy", () => {
  const deploy = (id: string) => site.post(`machines/${id}/deploy`, { imageId });

  test("without links asks by DHCP where it boots", async () => {
    const { systemId, get } = site;
    const { body } = await deploy(systemId);
    expect((await get(`operations/${body.operation.id}`)).installScript)
      .toContain("    boot:\n      match: {macaddress:");
    expect((await get(`machines/${systemId}/netplan`)).netplan).toContain("dhcp-identifier: mac");
  });

  test("gives auto links their addresses, and being free again takes them", async () => {
    const { siteId, get, post, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet();
    const byHand = await makeMachine(region, siteId, { hasBmc: false });
    const port = await portOf(byHand);
    await link(port.id, { mode: "auto", subnetId: subnet.id }, byHand);
    expect((await get(`machines/${byHand}/netplan`)).netplan)
      .toMatch(/^# ens3 gets a free address of 10\.0\.0\.0\/24/);
    const { body, text } = await deploy(byHand);
    const { installScript } = await get(`operations/${body.operation?.id}`);
    expect(installScript, text).toContain('        - "10.0.0.2/24"\n');
    expect((await portOf(byHand)).links[0]).toMatchObject({ mode: "auto", ip: "10.0.0.2" });
    expect((await get(`subnets/${subnet.id}/addresses`)).addresses[2])
      .toMatchObject({ promise: "auto", systemId: byHand });
    const { machines } = await readSiteDocument(region, siteId);
    expect(machines.find((each) => each.systemId === byHand)?.reservations)
      .toEqual([{ mac: port.mac, ipv4: "10.0.0.2" }]);
    await post(`machines/${byHand}/abort`, {});
    expect((await get(`machines/${byHand}`)).status).toBe("Allocated");
    expect((await portOf(byHand)).links[0].ip).toBe("10.0.0.2"); // still whose it was
    await post(`machines/${byHand}/release`, {});
    expect((await get(`machines/${byHand}`)).status).toBe("Ready");
    expect((await portOf(byHand)).links[0]).toMatchObject({ mode: "auto", ip: null });
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses).toEqual([]);
  });

  test("is refused, and takes nothing, when an address is not to be had", async () => {
    const { siteId, systemId, get, post, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet({ cidr: "10.0.0.0/30", gateway: "10.0.0.1" });
    const port = await portOf();
    await link(port.id, { mode: "auto", subnetId: subnet.id });
    await link(port.id, { mode: "auto", subnetId: subnet.id });
    expect(codeOf(await deploy(systemId))).toBe("409 subnet.full");
    expect((await get(`machines/${systemId}`)).status).toBe("Ready");
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses).toEqual([]);
    const other = await makeMachine(region, siteId);
    const bond = await post(`machines/${other}/interfaces`, {
      kind: "bond",
      name: "bond0",
      parentIds: [(await portOf(other)).id],
      bond: { mode: "active-backup" },
    });
    expect(codeOf(bond)).toBe(201);
    expect(codeOf(await deploy(other))).toBe("409 network.no_address");
    expect((await get(`machines/${other}/netplan`)).refusal.code).toBe("network.no_address");
  });

  test("50 of them and 50 links at once over one small subnet give no address twice", async () => {
    const { siteId, get, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet({ cidr: "10.3.0.0/25", gateway: "10.3.0.1", dnsServers: [] });
    const again = async (ask: () => Promise<Answer>) => {
      for (let i = 0; i < 10; i++) {
        const answer = await ask();
        if (answer.body.code !== "database.unavailable") return codeOf(answer);
      }
      return "database.unavailable";
    };
    const machines = await Promise.all(
      Array.from({ length: 50 }, () => makeMachine(region, siteId)),
    );
    const others = await Promise.all(Array.from({ length: 50 }, () => makeMachine(region, siteId)));
    await Promise.all(machines.map(async (id) => {
      const { id: portId } = await portOf(id);
      expect(await again(() => link(portId, { mode: "auto", subnetId: subnet.id }, id))).toBe(201);
    }));
    const portIds = await Promise.all(others.map(async (id) => (await portOf(id)).id));
    const outcomes = await Promise.all([
      ...machines.map((id) => again(() => deploy(id))),
      ...others.map((id, i) =>
        again(() => link(portIds[i] ?? 0, { mode: "static", subnetId: subnet.id }, id))
      ),
    ]);
    expect(new Set(outcomes)).toEqual(new Set([202, 201]));
    const { ipAddresses } = await get(`ip-addresses?subnetId=${subnet.id}&limit=200`);
    const given = ipAddresses.map(({ ip }: { ip: string }) => ip);
    expect(given).toHaveLength(100);
    expect(new Set(given).size).toBe(100);
    expect(await get(`subnets/${subnet.id}/utilisation`)).toMatchObject({ auto: 50, static: 50 });
  }, 120_000);
});

describe("what is found again", () => {
  const find = async (interfaces: { name: string; mac: string }[]) => {
    const machine = await findMachine(region.ctx.db, site.systemId);
    await recordInventory(region.ctx.db, machine?.id ?? 0, { ...INVENTORY, interfaces });
  };

  test("keeps what was configured, and learns where it is plugged in", async () => {
    const { siteId, interfacesOf, portOf, makeSubnet, addPort, link } = site;
    const subnet = await makeSubnet();
    const port = await portOf();
    const second = await addPort("wan0");
    await link(second.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.5" });
    await openLease(region.ctx.db, {
      siteId,
      ipv4: "10.0.0.150",
      mac: port.mac,
      subnetId: subnet.id,
      hostname: null,
      givenAt: region.ctx.now(),
    });
    await find([
      { name: "enp1s0", mac: port.mac },
      { name: "enp2s0", mac: second.mac },
      { name: "enp3s0", mac: "52:54:00:66:00:01" },
    ]);
    expect((await interfacesOf()).map((
      { id, name, vlanId }: { id: number; name: string; vlanId: number | null },
    ) => [id, name, vlanId])).toEqual([
      [port.id, "enp1s0", subnet.vlanId],
      [second.id, "wan0", subnet.vlanId], // somebody named it
      [expect.any(Number), "enp3s0", null],
    ]);
    // The second and the third card are pulled: what was configured stays, to be repaired.
    await find([{ name: "enp1s0", mac: port.mac }]);
    const left = await interfacesOf();
    expect(left.map(({ name }: { name: string }) => name)).toEqual(["enp1s0", "wan0"]);
    expect(left[1].links[0].ip).toBe("10.0.0.5");
  });

  test("a card that moved to another machine has nothing of its old one", async () => {
    const { siteId, get, interfacesOf, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet();
    const other = await makeMachine(region, siteId);
    const card = await portOf(other);
    await link(card.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.5" }, other);
    const port = await portOf();
    await find([{ name: "ens3", mac: port.mac }, { name: "ens4", mac: card.mac }]);
    expect(await interfacesOf(other)).toEqual([]);
    expect((await interfacesOf())[1]).toMatchObject({ mac: card.mac, links: [] });
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses).toEqual([]);
  });

  test("a bond that lost its only card gives its address to nobody else", async () => {
    const { siteId, systemId, post, get, portOf, interfacesOf, makeSubnet, link } = site;
    const subnet = await makeSubnet();
    const other = await makeMachine(region, siteId);
    const card = await portOf(other);
    const { body: bond } = await post(`machines/${other}/interfaces`, {
      kind: "bond",
      name: "bond0",
      parentIds: [card.id],
      bond: { mode: "active-backup" },
    });
    await link(bond.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.5" }, other);
    await find([{ name: "ens3", mac: (await portOf()).mac }, { name: "ens4", mac: card.mac }]);
    expect(await interfacesOf(other)).toMatchObject([{ name: "bond0", mac: null, parentIds: [] }]);
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses)
      .toMatchObject([{ ip: "10.0.0.5", kind: "static", mac: null }]);
    expect((await get(`machines/${other}/netplan`)).refusal.code).toBe("interface.parents_missing");
    await post(`machines/${systemId}/lock`, {}); // publishes
    const { machines } = await readSiteDocument(region, siteId);
    expect(machines.flatMap(({ reservations }) => reservations)).toEqual([]);
  });
});

describe("a clone", () => {
  test("is connected the same way on its own ports, with addresses of its own", async () => {
    const {
      siteId,
      systemId,
      post,
      patch,
      interfacesOf,
      portOf,
      makeSubnet,
      makeVlan,
      addPort,
      link,
    } = site;
    const subnet = await makeSubnet();
    const { id: vlanId } = await makeVlan(100);
    const port = await portOf();
    const second = await addPort("ens4");
    const bond = (await post(`machines/${systemId}/interfaces`, {
      kind: "bond",
      name: "bond0",
      parentIds: [port.id, second.id],
      bond: { mode: "active-backup", miimonMs: 100 },
      mtu: 1400,
    })).body;
    await post(`machines/${systemId}/interfaces`, {
      kind: "vlan",
      name: "v100",
      parentIds: [bond.id],
      vlanId,
    });
    const fixed = { mode: "static", subnetId: subnet.id, ip: "10.0.0.5", isDefaultGateway: true };
    await link(bond.id, fixed);
    const twin = await makeMachine(region, siteId);
    await addPort("ens4", twin);
    await link((await portOf(twin)).id, { ...fixed, ip: "10.0.0.9" }, twin);
    const other = await makeMachine(region, siteId);
    const renamed = (await portOf(other)).id;
    await patch(`machines/${other}/interfaces/${renamed}`, { name: "eno1" });
    await addPort("eno2", other);
    const small = await makeMachine(region, siteId);
    const away = await makeMachine(region, (await makeNetworkSite(region)).siteId);
    const deployed = await makeMachine(region, siteId, { status: "Deployed" });
    const { body, text } = await post(`machines/${systemId}/clone`, {
      to: [twin, other, small, away, deployed, systemId],
      network: true,
    });
    expect(
      body.results?.map((each: { refusal: { code: string } | null }) => each.refusal?.code ?? null),
      text,
    ).toEqual([
      null,
      null,
      "clone.ports_do_not_fit",
      "clone.other_site",
      "network.not_changeable",
      "clone.to_itself",
    ]);
    for (const [id, names] of [[twin, ["ens3", "ens4"]], [other, ["eno1", "eno2"]]] as const) {
      const [first, next, ...made] = await interfacesOf(id);
      expect([first.name, next.name, first.links, next.links]).toEqual([...names, [], []]);
      expect(made).toMatchObject([
        {
          name: "bond0",
          mtu: 1400,
          mac: first.mac,
          parentIds: [first.id, next.id],
          bond: { mode: "active-backup", miimonMs: 100 },
          links: [{ mode: "auto", ip: null, subnetId: subnet.id, isDefaultGateway: true }],
        },
        { name: "v100", vlanId, parentIds: [made[0].id] },
      ]);
    }
    expect((await interfacesOf(small)).map(({ name }: { name: string }) => name)).toEqual(["ens3"]);
    const nothing = await post(`machines/${systemId}/clone`, { to: [twin] });
    expect(nothing.status).toBe(400);
  });
});

test("the VLAN of an interface cannot be removed, and that of a port is forgotten", async () => {
  const { systemId, post, patch, portOf, makeVlan } = site;
  const { id: vlanId } = await makeVlan(100);
  const { id: plugged } = await makeVlan(200);
  const port = await portOf();
  await patch(`machines/${systemId}/interfaces/${port.id}`, { vlanId: plugged });
  await post(`machines/${systemId}/interfaces`, {
    kind: "vlan",
    name: "v100",
    parentIds: [port.id],
    vlanId,
  });
  expect(codeOf(await region.call(`DELETE /api/v1/vlans/${vlanId}`)))
    .toBe("409 vlan.has_interfaces");
  expect((await region.call(`DELETE /api/v1/vlans/${plugged}`)).status).toBe(204);
  expect((await portOf()).vlanId).toBeNull();
});
