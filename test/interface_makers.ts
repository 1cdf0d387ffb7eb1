import fc from "fast-check";
import type {
  InterfaceLink,
  MachineInterface,
  SubnetFact,
  VlanFact,
} from "@/region/domain/interfaces/interface.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";

export const makeVlan = (id: number, more: Partial<VlanFact> = {}): VlanFact => ({
  id,
  fabricId: 1,
  vid: id,
  mtu: 1500,
  name: `v${id}`,
  ...more,
});
/** VLAN 1, where the subnets made here are. */
export const UNTAGGED = makeVlan(1, { vid: 0 });
export const makeSubnet = (id: number, more: Partial<SubnetFact> = {}): SubnetFact => ({
  id,
  vlanId: 1,
  cidr: `10.0.${id}.0/24`,
  gateway: `10.0.${id}.1`,
  dnsServers: [`10.0.${id}.53`],
  classlessRoutes: [],
  ...more,
});

let links = 0;
export const makeLink = (more: Partial<InterfaceLink> = {}): InterfaceLink => ({
  id: ++links,
  mode: "static",
  subnet: makeSubnet(1),
  ip: parseIpAddress("10.0.1.5"),
  isDefaultGateway: false,
  ...more,
});
export const makeInterface = (
  id: number,
  more: Partial<MachineInterface> = {},
): MachineInterface => ({
  id,
  name: `i${id}`,
  kind: "physical",
  mac: (more.kind ?? "physical") === "physical" ? `52:54:00:00:00:0${id % 10}` : null,
  vlan: null,
  mtu: null,
  isEnabled: true,
  acceptRa: null,
  tags: [],
  parameters: {},
  parentIds: [],
  links: [],
  version: 1,
  ...more,
});
/** Ports, and made of them whatever the numbers say; half of them make sense. */
export const anyNetwork = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.array(
    fc.record({
      kind: fc.constantFrom("bond" as const, "bridge" as const, "vlan" as const),
      parents: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      vid: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 5 },
  ),
  fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), { maxLength: 6 }),
).map(([ports, made, linked]) => {
  const all: MachineInterface[] = Array.from({ length: ports }, (_, i) => makeInterface(i + 1));
  for (const { kind, parents, vid } of made) {
    const parentIds = [...new Set(parents)].slice(0, kind === "vlan" ? 1 : 3);
    const id = all.length + 1;
    all.push(
      makeInterface(id, { kind, parentIds, vlan: kind === "vlan" ? makeVlan(vid + 1) : null }),
    );
  }
  return all.map((each) => ({
    ...each,
    links: linked.flatMap(([id, isV6], i) => {
      if (id !== each.id) return [];
      const cidr = isV6 ? `fd00:${i}::/64` : `10.1.${i}.0/24`;
      const ip = parseIpAddress(isV6 ? `fd00:${i}::9` : `10.1.${i}.9`);
      const vlanId = each.vlan?.id ?? 1;
      return [
        makeLink({
          ip,
          subnet: makeSubnet(i + 1, { cidr, vlanId, gateway: null, dnsServers: [] }),
        }),
      ];
    }),
  }));
});
