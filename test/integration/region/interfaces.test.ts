import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { codeOf, makeNetworkSite, type NetworkSite } from "./network_fixture.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { readSiteDocument } from "./site_document.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
let site: NetworkSite;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
beforeEach(async () => {
  site = await makeNetworkSite(region);
});
afterAll(() => region.stop());

describe("a machine's interfaces", () => {
  test("are its ports, until others are made of them", async () => {
    const { systemId, siteId, get, post, portOf, makeVlan, addPort } = site;
    const port = await portOf();
    expect(port).toMatchObject({
      name: "ens3",
      kind: "physical",
      vlanId: null,
      effectiveMtu: 1500,
      links: [],
      parentIds: [],
    });
    const second = await addPort("ens4");
    const bond = await post(`machines/${systemId}/interfaces`, {
      kind: "bond",
      name: "bond0",
      parentIds: [second.id, port.id],
      bond: { mode: "802.3ad", miimonMs: 100, lacpRate: "fast" },
      tags: ["up"],
    });
    expect(codeOf(bond), bond.text).toBe(201);
    expect(bond.body).toMatchObject({
      kind: "bond",
      mac: port.mac, // of the port known first
      parentIds: [port.id, second.id],
      bond: { mode: "802.3ad", miimonMs: 100, lacpRate: "fast" },
      tags: ["up"],
    });
    const { id: vlanId } = await makeVlan(100);
    const vlan = await post(`machines/${systemId}/interfaces`, {
      kind: "vlan",
      name: "bond0.100",
      parentIds: [bond.body.id],
      vlanId,
    });
    expect(vlan.body).toMatchObject({ vlanId, vid: 100, mac: port.mac });
    const machine = await get(`machines/${systemId}`);
    expect(machine.macs).toEqual([port.mac, second.mac]);
    expect(machine.interfaces.map((each: { name: string }) => each.name))
      .toEqual(["ens3", "ens4", "bond0", "bond0.100"]);
    expect(machine.interfaces[0].childIds).toEqual([bond.body.id]);
    const list = await get(`machines?siteId=${siteId}`);
    expect(list.machines[0].macs).toEqual([port.mac, second.mac]);
    expect(list.machines[0].interfaces).toBeUndefined();
    const gone = await region.call(
      `DELETE /api/v1/machines/${systemId}/interfaces/${bond.body.id}`,
    );
    expect(codeOf(gone)).toBe("409 interface.has_children");
    for (const { id } of [vlan.body, bond.body, second]) {
      const path = `DELETE /api/v1/machines/${systemId}/interfaces/${id}`;
      expect((await region.call(path)).status).toBe(204);
    }
    const last = await region.call(`DELETE /api/v1/machines/${systemId}/interfaces/${port.id}`);
    expect(codeOf(last)).toBe("409 interface.last_port");
  });

  test("are refused when they do not go together, and nothing is left of them", async () => {
    const { systemId, siteId, get, post, patch, interfacesOf, portOf, makeVlan, addPort } = site;
    const port = await portOf();
    const second = await addPort("ens4");
    const make = (body: Record<string, unknown>) => post(`machines/${systemId}/interfaces`, body);
    const bond = await make({
      kind: "bond",
      name: "bond0",
      parentIds: [port.id, second.id],
      bond: { mode: "active-backup" },
    });
    const { id: vlanId } = await makeVlan(100);
    const otherSite = await makeSite(region);
    const elsewhere = (await get(`vlans?siteId=${otherSite}`)).vlans[0].id;
    const stranger = await portOf(await makeMachine(region, siteId));
    const bridge = { kind: "bridge", name: "br0" };
    const vlan = { kind: "vlan", name: "v", parentIds: [bond.body.id], vlanId };
    expect(codeOf(await make(vlan))).toBe(201);
    const refused: [Record<string, unknown>, string][] = [
      [{ ...bridge, parentIds: [port.id] }, "409 interface.member_taken parentIds"],
      [{ ...bridge, parentIds: [stranger.id] }, "400 interface.parent_missing parentIds"],
      [{ ...bridge, parentIds: [bond.body.id], name: "bond0" }, "409 interface.name_taken name"],
      [{ ...bridge, parentIds: [bond.body.id], name: "a b" }, "400 interface.bad_name name"],
      [{ ...vlan, name: "w" }, "409 interface.tag_taken vlanId"],
      [{ ...vlan, name: "w", vlanId: elsewhere }, "400 interface.vlan_elsewhere vlanId"],
      [{ ...vlan, name: "w", vlanId: 999_999 }, "404 vlan.missing"],
      [{ ...vlan, name: "w", mtu: 9000 }, "409 interface.tag_taken vlanId"],
      [{ kind: "physical", name: "x", mac: stranger.mac }, "409 interface.mac_of_another mac"],
      [{ kind: "physical", name: "x", mac: port.mac }, "409 interface.mac_taken mac"],
      [{ kind: "physical", name: "x", mac: "nonsense" }, "400 mac.malformed mac"],
      [{ kind: "physical", name: "x" }, "400 request.invalid mac"],
    ];
    const before = await interfacesOf();
    for (const [body, code] of refused) {
      expect([body, codeOf(await make(body))]).toEqual([body, code]);
    }
    expect(await interfacesOf()).toEqual(before);
    const path = (id: number) => `machines/${systemId}/interfaces/${id}`;
    const changed: [number, unknown, string][] = [
      [bond.body.id, { mtu: 9000 }, "409 interface.mtu_beyond_parent mtu"],
      [bond.body.id, { bridge: { stp: true } }, "409 interface.parameter_of_other_kind bridge"],
      [before.at(-1).id, { vlanId: null }, "409 interface.vlan_missing vlanId"],
      [port.id, { mac: null }, "400 interface.mac_missing mac"],
      [port.id, { isEnabled: false }, "409 interface.parent_disabled isEnabled"],
    ];
    for (const [id, body, code] of changed) {
      expect([body, codeOf(await patch(path(id), body))]).toEqual([body, code]);
    }
  });

  test("cannot be made into a loop, however they are moved about", async () => {
    const { systemId, post, patch, portOf, makeVlan } = site;
    const port = await portOf();
    const vlans = [await makeVlan(10), await makeVlan(11), await makeVlan(12)];
    const make = async (body: unknown) =>
      (await post(`machines/${systemId}/interfaces`, body)).body.id;
    const a = await make({ kind: "vlan", name: "a", parentIds: [port.id], vlanId: vlans[0].id });
    const b = await make({ kind: "bridge", name: "b", parentIds: [a] });
    const c = await make({ kind: "vlan", name: "c", parentIds: [b], vlanId: vlans[1].id });
    const loop = await patch(`machines/${systemId}/interfaces/${a}`, { parentIds: [b] });
    expect(codeOf(loop)).toBe("409 interface.loop parentIds");
    const wide = await patch(`machines/${systemId}/interfaces/${b}`, { parentIds: [a, c] });
    expect(codeOf(wide)).toBe("409 interface.loop parentIds");
  });

  test("are changed with what was seen, by whoever has the machine, and written down", async () => {
    const { systemId, portOf } = site;
    const port = await portOf();
    const path = `/api/v1/machines/${systemId}/interfaces/${port.id}`;
    const seen = await region.call(`GET ${path}`);
    expect(seen.headers.get("etag")).toBe('"1"');
    const renamed = await region.call(`PATCH ${path}`, {
      body: { name: "lan0", mtu: 9000 },
      headers: { "if-match": '"1"' },
    });
    expect(renamed.body).toMatchObject({ name: "lan0", mtu: 9000, version: 2 });
    const stale = await region.call(`PATCH ${path}`, {
      body: { mtu: null },
      headers: { "if-match": '"1"' },
    });
    expect(codeOf(stale)).toBe("412 precondition.failed If-Match");
    const foreign = await region.call(`PATCH ${path}`, { body: { mtu: null }, as: "operator" });
    expect(codeOf(foreign)).toBe("403 machine.not_yours");
    const { body } = await region.call("GET /api/v1/audit?kind=interface&limit=1");
    expect(body.entries[0]).toMatchObject({
      action: "interface.update",
      before: { name: "ens3" },
      after: { name: "lan0" },
    });
    const allocated = await region.call("POST /api/v1/machines/allocate", {
      as: "operator",
      body: { systemId },
    });
    expect(allocated.body.machine.interfaces[0].name).toBe("lan0");
    expect((await region.call(`PATCH ${path}`, { body: { tags: ["x"] }, as: "operator" })).status)
      .toBe(200);
    const mac = { mac: "52:54:00:99:99:99" };
    expect((await region.call(`PATCH ${path}`, { body: mac, as: "operator" })).status).toBe(403);
    expect((await region.call(`PATCH ${path}`, { body: mac })).body.mac).toBe(mac.mac);
    const found = async (text: string) => (await site.get(`machines?q=${text}`)).machines.length;
    expect([await found(mac.mac), await found(port.mac)]).toEqual([1, 0]);
  });

  test("are left alone while a system runs with them, or is to be gone back to", async () => {
    const { systemId, siteId, post, patch, portOf } = site;
    for (const status of ["Deployed", "Deploying", "Rescue mode", "Retired"] as const) {
      const id = await makeMachine(region, siteId, { status });
      const port = await portOf(id);
      expect(codeOf(await patch(`machines/${id}/interfaces/${port.id}`, { mtu: 1400 })))
        .toBe("409 network.not_changeable");
    }
    const deployed = await makeMachine(region, siteId, { status: "Deployed" });
    await post(`machines/${deployed}/mark-broken`, {});
    const port = await portOf(deployed);
    expect(codeOf(await patch(`machines/${deployed}/interfaces/${port.id}`, { mtu: 1400 })))
      .toBe("409 network.not_changeable");
    await post(`machines/${systemId}/lock`, {});
    expect(codeOf(await patch(`machines/${systemId}/interfaces/${(await portOf()).id}`, {})))
      .toBe("409 network.locked");
  });
});

describe("links", () => {
  test("static: the address is taken at once, shown everywhere, and given back", async () => {
    const { systemId, siteId, get, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet();
    const port = await portOf();
    const made = await link(port.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.5" });
    expect(codeOf(made), made.text).toBe(201);
    expect(made.body).toMatchObject({
      vlanId: subnet.vlanId, // where it is plugged in follows
      links: [{ mode: "static", ip: "10.0.0.5", cidr: "10.0.0.0/24", isDefaultGateway: false }],
    });
    const { ipAddresses } = await get(`ip-addresses?subnetId=${subnet.id}&kind=static`);
    expect(ipAddresses).toMatchObject([{ ip: "10.0.0.5", kind: "static", mac: port.mac }]);
    expect((await get(`subnets/${subnet.id}/addresses`)).addresses[5])
      .toMatchObject({ promise: "static", systemId, mac: port.mac });
    expect(await get(`subnets/${subnet.id}/utilisation`)).toMatchObject({ static: 1, used: 1 });
    const { machines } = await readSiteDocument(region, siteId);
    expect(machines.find((each) => each.systemId === systemId)?.reservations)
      .toEqual([{ mac: port.mac, ipv4: "10.0.0.5" }]);
    const found = async (ip: string) =>
      (await get(`machines?ip=${ip}`)).machines.map((each: { systemId: string }) => each.systemId);
    expect(await found("10.0.0.5")).toEqual([systemId]);
    expect(await found("10.0.0.6,nonsense")).toEqual([]);
    const { body: audit } = await region.call("GET /api/v1/audit?kind=interface&limit=1");
    expect(audit.entries[0]).toMatchObject({
      action: "interface.update",
      before: { links: [] },
      after: { links: [{ ip: "10.0.0.5" }] },
    });
    const direct = await region.call(`DELETE /api/v1/ip-addresses/${ipAddresses[0].id}`);
    expect(codeOf(direct)).toBe("409 ip_address.of_interface");
    expect(codeOf(await region.call(`DELETE /api/v1/subnets/${subnet.id}`)))
      .toBe("409 subnet.has_links");
    const { id: linkId } = made.body.links[0];
    const removed = await region.call(
      `DELETE /api/v1/machines/${systemId}/interfaces/${port.id}/links/${linkId}`,
    );
    expect(removed.status).toBe(204);
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses).toEqual([]);
    expect((await region.call(`DELETE /api/v1/subnets/${subnet.id}`)).status).toBe(204);
  });

  test("are refused with who has the address, and why it cannot be had", async () => {
    const { siteId, get, post, portOf, makeSubnet, makeVlan, link } = site;
    const subnet = await makeSubnet();
    await post("ip-ranges", {
      subnetId: subnet.id,
      kind: "dynamic",
      first: "10.0.0.100",
      last: "10.0.0.200",
    });
    await post("reservations", { subnetId: subnet.id, mac: "52:54:00:00:00:09", ip: "10.0.0.9" });
    const port = await portOf();
    const other = await makeMachine(region, siteId);
    await link((await portOf(other)).id, {
      mode: "static",
      subnetId: subnet.id,
      ip: "10.0.0.8",
    }, other);
    const { hostname } = await get(`machines/${other}`);
    const take = (ip: string) => link(port.id, { mode: "static", subnetId: subnet.id, ip });
    expect(codeOf(await take("10.0.9.9"))).toBe("400 subnet.address_outside ip");
    expect(codeOf(await take("10.0.0.150"))).toBe("409 ip_address.in_dynamic_range ip");
    expect(codeOf(await take("10.0.0.1"))).toBe("409 ip_address.is_gateway ip");
    const taken = await take("10.0.0.8");
    expect(codeOf(taken)).toBe("409 ip_address.taken ip");
    expect(taken.body.detail).toContain(`the static address of ${hostname}'s ens3`);
    expect((await take("10.0.0.9")).body.detail).toContain("reserved for 52:54:00:00:00:09");
    const { id: vlanId } = await makeVlan(7);
    const far = await makeSubnet({ cidr: "10.7.0.0/24", gateway: "10.7.0.1", vlanId });
    expect(codeOf(await take("10.0.0.5"))).toBe(201);
    expect(codeOf(await link(port.id, { mode: "auto", subnetId: far.id })))
      .toBe("409 link.subnet_of_other_vlan subnetId");
    expect(codeOf(await link(port.id, { mode: "auto" }))).toBe("400 link.subnet_missing subnetId");
    expect(codeOf(await link(port.id, { mode: "auto", subnetId: subnet.id, ip: "10.0.0.6" })))
      .toBe("400 link.ip_not_static ip");
    expect(codeOf(await link(port.id, { mode: "link_up" })))
      .toBe("409 link.up_among_others mode");
    expect((await portOf()).links).toHaveLength(1);
  });

  test("of IPv6 too, and one default route a family", async () => {
    const { systemId, get, patch, interfacesOf, portOf, makeSubnet, addPort, link } = site;
    const v4 = await makeSubnet();
    const v6 = await makeSubnet({
      cidr: "2001:db8:1::/64",
      gateway: "fe80::1",
      dnsServers: ["2001:db8:1::53"],
    });
    const port = await portOf();
    const second = await addPort("ens4");
    await link(port.id, { mode: "static", subnetId: v4.id, isDefaultGateway: true });
    await link(port.id, { mode: "static", subnetId: v6.id, isDefaultGateway: true });
    const last = await link(second.id, {
      mode: "static",
      subnetId: v4.id,
      ip: "10.0.0.77",
      isDefaultGateway: true,
    });
    expect(codeOf(last)).toBe(201);
    const gateways = (await interfacesOf()).flatMap((
      each: { links: { ip: string; isDefaultGateway: boolean }[] },
    ) => each.links.map(({ ip, isDefaultGateway }) => [ip, isDefaultGateway]));
    expect(gateways).toEqual([["10.0.0.2", false], ["2001:db8:1::1", true], ["10.0.0.77", true]]);
    const { netplan } = await get(`machines/${systemId}/netplan`);
    expect(netplan).toContain(
      '        - to: "::/0"\n          via: "fe80::1"\n          on-link: true',
    );
    expect(netplan.split('to: "0.0.0.0/0"')).toHaveLength(2);
    const { id: linkId } = (await portOf()).links[0];
    const back = await patch(`machines/${systemId}/interfaces/${port.id}/links/${linkId}`, {
      isDefaultGateway: true,
    });
    expect(back.body.links[0]).toMatchObject({ ip: "10.0.0.2", isDefaultGateway: true });
    expect((await interfacesOf())[1].links[0].isDefaultGateway).toBe(false);
  });

  test("change their mode, and keep their address where nothing else was said", async () => {
    const { systemId, get, patch, portOf, makeSubnet, link } = site;
    const subnet = await makeSubnet();
    const port = await portOf();
    const { body } = await link(port.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.9" });
    const path = `machines/${systemId}/interfaces/${port.id}/links/${body.links[0].id}`;
    expect((await patch(path, { isDefaultGateway: true })).body.links[0].ip).toBe("10.0.0.9");
    expect((await patch(path, { ip: "10.0.0.10" })).body.links[0].ip).toBe("10.0.0.10");
    expect((await patch(path, { mode: "auto" })).body.links[0]).toMatchObject({ ip: null });
    expect((await patch(path, { mode: "dhcp" })).body.links[0])
      .toMatchObject({ ip: null, subnetId: subnet.id });
    expect((await patch(path, { mode: "link_up" })).body.links[0])
      .toMatchObject({ subnetId: null, isDefaultGateway: false });
    expect((await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses).toEqual([]);
  });

  test("their addresses follow the MAC they are promised to", async () => {
    const { systemId, get, post, patch, portOf, makeSubnet, addPort, link } = site;
    const subnet = await makeSubnet();
    const port = await portOf();
    const second = await addPort("ens4");
    const { body: bond } = await post(`machines/${systemId}/interfaces`, {
      kind: "bond",
      name: "bond0",
      parentIds: [second.id],
      bond: { mode: "active-backup" },
    });
    await link(bond.id, { mode: "static", subnetId: subnet.id, ip: "10.0.0.5" });
    const holder = async () => (await get(`ip-addresses?subnetId=${subnet.id}`)).ipAddresses[0].mac;
    expect(await holder()).toBe(second.mac);
    await patch(`machines/${systemId}/interfaces/${bond.id}`, { parentIds: [port.id, second.id] });
    expect(await holder()).toBe(port.mac);
    await patch(`machines/${systemId}/interfaces/${bond.id}`, { mac: "52:54:00:99:00:01" });
    expect(await holder()).toBe("52:54:00:99:00:01");
  });
});
