import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  anyNetwork,
  makeInterface as one,
  makeLink as link,
  makeSubnet as subnet,
  makeVlan as vlan,
  UNTAGGED,
} from "@/test/interface_makers.ts";
import { compileNetplan } from "../install/netplan.ts";
import { checkInterfaces } from "./check_interfaces.ts";
import { InterfaceTree, type MachineInterface, type VlanFact } from "./interface.ts";
import { isConfigured, networkConfigOf } from "./network_config.ts";

const refusal = (interfaces: MachineInterface[]): string => {
  try {
    checkInterfaces(interfaces);
    return "fine";
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

describe("checkInterfaces", () => {
  const bond = (more: Partial<MachineInterface> = {}) =>
    one(10, {
      kind: "bond",
      parentIds: [1, 2],
      parameters: { bond: { mode: "802.3ad", lacpRate: "fast" } },
      ...more,
    });
  const tagged = (id: number, parent: number, v: VlanFact) =>
    one(id, { kind: "vlan", parentIds: [parent], vlan: v });

  test.each<[string, MachineInterface[]]>([
    ["fine", [one(1), one(2)]],
    ["fine", [one(1), one(2, { name: "i1" })]], // one of them is gone
    ["fine", [one(1), one(2), bond(), tagged(11, 10, vlan(100))]],
    ["fine", [one(1), one(2), bond({ links: [link()] })]],
    ["fine", [one(1), one(10, { kind: "bridge", parentIds: [1] }), tagged(11, 1, vlan(100))]],
    ["fine", [one(1), one(2), bond(), one(12, { kind: "bridge", parentIds: [10] })]],
    ["interface.bad_name", [one(1), one(10, { kind: "bridge", parentIds: [1], name: "a/b" })]],
    ["interface.name_taken", [one(1), one(10, { kind: "bridge", parentIds: [1], name: "i1" })]],
    ["interface.loop", [one(10, { kind: "bridge", parentIds: [10] })]],
    [
      "interface.loop",
      [
        one(10, { kind: "bridge", parentIds: [11] }),
        one(11, { kind: "vlan", parentIds: [10], vlan: vlan(100) }),
      ],
    ],
    ["interface.parents_missing", [bond({ parentIds: [] })]],
    ["interface.parents_missing", [one(1), one(2), {
      ...tagged(11, 1, vlan(9)),
      parentIds: [1, 2],
    }]],
    ["interface.parent_of_wrong_kind", [one(1), one(2, { parentIds: [1] })]],
    [
      "interface.parent_of_wrong_kind",
      [
        one(1),
        one(10, { kind: "bridge", parentIds: [1] }),
        bond({ id: 11, name: "b", parentIds: [10] }),
      ],
    ],
    ["interface.parent_disabled", [one(1, { isEnabled: false }), one(2), bond()]],
    [
      "interface.member_taken",
      [one(1), one(2), bond(), one(12, { kind: "bridge", parentIds: [1] })],
    ],
    ["interface.member_taken", [one(1), one(2), bond(), tagged(12, 1, vlan(100))]],
    ["interface.member_has_link", [one(1, { links: [link()] }), one(2), bond()]],
    ["fine", [
      one(1, { links: [link({ mode: "link_up", subnet: null, ip: null })] }),
      one(2),
      bond(),
    ]],
    ["interface.tag_missing", [one(1), tagged(11, 1, UNTAGGED)]],
    ["interface.tag_taken", [one(1), tagged(11, 1, vlan(100)), tagged(12, 1, vlan(100))]],
    ["fine", [one(1), one(2), tagged(11, 1, vlan(100)), tagged(12, 2, vlan(100))]],
    [
      "interface.vlan_of_other_fabric",
      [one(1, { vlan: UNTAGGED }), tagged(11, 1, vlan(100, { fabricId: 2 }))],
    ],
    ["interface.parameter_of_other_kind", [one(1, { parameters: { bridge: { stp: true } } })]],
    [
      "interface.bond_parameter",
      [one(1), one(2), bond({ parameters: { bond: { mode: "balance-rr", lacpRate: "fast" } } })],
    ],
    [
      "interface.bond_parameter",
      [
        one(1),
        one(2),
        bond({ parameters: { bond: { mode: "active-backup", xmitHashPolicy: "layer2" } } }),
      ],
    ],
    [
      "interface.bond_parameter",
      [one(1), one(2), bond({ parameters: { bond: { mode: "active-backup", upDelayMs: 5 } } })],
    ],
    ["interface.mtu_beyond_parent", [one(1), one(2), bond({ mtu: 9000 })]],
    ["fine", [one(1, { mtu: 9000 }), one(2, { mtu: 9000 }), bond({ mtu: 9000 })]],
    ["interface.mtu_beyond_parent", [one(1, { mtu: 9000 }), one(2), bond({ mtu: 9000 })]],
    ["link.subnet_of_other_vlan", [one(1, { vlan: vlan(7), links: [link()] })]],
    ["fine", [one(1, { vlan: UNTAGGED, links: [link(), link({ mode: "dhcp" })] })]],
    ["link.up_among_others", [one(1, { links: [link(), link({ mode: "link_up" })] })]],
    ["link.dhcp_twice", [one(1, { links: [link({ mode: "dhcp" }), link({ mode: "dhcp" })] })]],
    [
      "fine",
      [one(1, {
        links: [
          link({ mode: "dhcp" }),
          link({ mode: "dhcp", subnet: subnet(2, { cidr: "fd00::/64" }) }),
        ],
      })],
    ],
    [
      "link.no_gateway",
      [one(1, { links: [link({ isDefaultGateway: true, subnet: subnet(1, { gateway: null }) })] })],
    ],
    [
      "link.mtu_too_small",
      [one(1, { mtu: 1200, links: [link({ subnet: subnet(1, { cidr: "fd00::/64" }) })] })],
    ],
  ])("is %s", (code, interfaces) => {
    expect(refusal(interfaces)).toBe(code);
  });
});

describe("networkConfigOf", () => {
  test("is not asked of a machine of which nobody said anything", () => {
    expect(isConfigured([one(1), one(2)])).toBe(false);
    expect(isConfigured([one(1, { links: [link()] })])).toBe(true);
  });

  test("sends the default route where it is told, else the first way that can", () => {
    const routesOf = (first: boolean, second: boolean) =>
      networkConfigOf([
        one(1, { links: [link({ isDefaultGateway: first })] }),
        one(2, { links: [link({ subnet: subnet(2), isDefaultGateway: second })] }),
      ]).interfaces.map(({ routes }) => routes);
    expect(routesOf(false, true)).toEqual([[], [{
      to: "0.0.0.0/0",
      via: "10.0.2.1",
      isOnLink: false,
    }]]);
    expect(routesOf(false, false)[1]).toEqual([]);
    expect(routesOf(false, false)[0]).toHaveLength(1);
  });

  test("leaves a DHCP link its own default route", () => {
    const { interfaces } = networkConfigOf([
      one(1, { links: [link({ mode: "dhcp", ip: null })] }),
      one(2, { links: [link({ subnet: subnet(2) })] }),
    ]);
    expect(interfaces.map(({ routes }) => routes)).toEqual([[], []]);
    expect(interfaces[0]).toMatchObject({ hasDhcp4: true, hasDhcp6: false });
  });

  test("reaches an IPv6 router by its link-local address, and others by the subnet's routes", () => {
    const classlessRoutes = [{ destination: "10.9.0.0/16", gateway: "10.0.1.2" }];
    const { interfaces } = networkConfigOf([one(1, {
      links: [
        link({ subnet: subnet(1, { gateway: null, classlessRoutes }) }),
        link({ subnet: subnet(2, { cidr: "fd00::/64", gateway: "fe80::1" }) }),
      ],
    })]);
    expect(interfaces[0]?.routes).toEqual([
      { to: "10.9.0.0/16", via: "10.0.1.2", isOnLink: false },
      { to: "::/0", via: "fe80::1", isOnLink: true },
    ]);
  });

  test("takes a bond's MAC from its first member, and no wider frames than that carries", () => {
    const { interfaces } = networkConfigOf([
      one(1, { mtu: 9000 }),
      one(2, { mtu: 4000 }),
      one(10, { kind: "bond", parentIds: [1, 2], links: [link()] }),
      one(11, { kind: "vlan", parentIds: [10], vlan: vlan(100, { mtu: 9000 }) }),
      one(12), // nobody said anything of it
    ]);
    expect(interfaces.map(({ name, mac, mtu, tag }) => ({ name, mac, mtu, tag }))).toEqual([
      { name: "i1", mac: "52:54:00:00:00:01", mtu: 9000, tag: null },
      { name: "i2", mac: "52:54:00:00:00:02", mtu: 4000, tag: null },
      { name: "i10", mac: "52:54:00:00:00:01", mtu: 4000, tag: null },
      { name: "i11", mac: "52:54:00:00:00:01", mtu: 4000, tag: 100 },
    ]);
  });

  test.each<[string, MachineInterface[]]>([
    ["network.no_address", [
      one(1, { links: [link({ mode: "link_up", subnet: null, ip: null })] }),
    ]],
    ["network.no_address", [one(1), one(10, { kind: "bridge", parentIds: [1] })]],
    ["network.no_address", [one(1, { isEnabled: false, links: [link()] })]],
    ["network.name_twice", [one(1, { links: [link()] }), one(2, { name: "i1", links: [link()] })]],
    ["interface.parents_missing", [one(10, { kind: "bond", parentIds: [1], links: [link()] })]],
    ["network.unusable_name", [one(1, { name: "a very long name", links: [link()] })]],
  ])("refuses: %s", (code, interfaces) => {
    expect(() => networkConfigOf(interfaces)).toThrowError(expect.objectContaining({ code }));
  });
});

test("what is accepted has no loop, and its YAML names each address once", () => {
  let accepted = 0;
  const details = fc.check(
    fc.property(anyNetwork, (interfaces) => {
      if (refusal(interfaces) !== "fine") return;
      const tree = new InterfaceTree(interfaces);
      for (const each of interfaces) expect(tree.ancestorsOf(each).has(each)).toBe(false);
      const addresses = interfaces.flatMap((each) => each.links.map(({ ip }) => String(ip)));
      if (addresses.length === 0) return;
      accepted++;
      const yaml = compileNetplan(networkConfigOf(interfaces));
      const written = parseBlockYaml(yaml);
      expect(Object.keys(written)).toEqual(["network"]);
      const text = JSON.stringify(written);
      for (const ip of addresses) expect(text.split(`"${ip}/`)).toHaveLength(2);
    }),
    { numRuns: 2000 },
  );
  expect(details.failed, fc.defaultReportMessage(details)).toBe(false);
  expect(accepted).toBeGreaterThan(50);
});

test("whatever parents are said, there is an end to following them", () => {
  const anyParents = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }), {
    maxLength: 6,
  });
  fc.assert(fc.property(anyParents, (parents) => {
    const interfaces = parents.map((parentIds, i) =>
      one(i + 1, { kind: "bridge", parentIds: [...new Set(parentIds)] })
    );
    const tree = new InterfaceTree(interfaces);
    for (const each of interfaces) {
      expect(tree.macOf(each)).toBeNull();
      expect(tree.mtuOf(each)).toBe(1500);
    }
    const hasLoop = interfaces.some((each) => tree.ancestorsOf(each).has(each));
    if (hasLoop) expect(refusal(interfaces)).toBe("interface.loop");
  }));
});

/** Reads block YAML of maps, lists, JSON strings and plain words: what is written here, no more. */
function parseBlockYaml(text: string): Record<string, unknown> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ indent: line.search(/\S/), text: line.trim() }));
  let at = 0;
  const scalar = (word: string): unknown =>
    /^["\d]|^(true|false)$/.test(word) ? JSON.parse(word) : word;
  const block = (indent: number): unknown => {
    if (lines[at]?.text.startsWith("- ")) {
      const list: unknown[] = [];
      while (lines[at]?.indent === indent && lines[at]?.text.startsWith("- ")) {
        const item = lines[at]?.text.slice(2) ?? "";
        if (/^("[^"]*"|[\w.-]+):( |$)/.test(item)) {
          lines[at] = { indent: indent + 2, text: item };
          list.push(block(indent + 2));
        } else {
          at++;
          list.push(scalar(item));
        }
      }
      return list;
    }
    const map: Record<string, unknown> = {};
    while (lines[at]?.indent === indent) {
      const [, key = "", rest = ""] =
        /^("[^"]*"|[\w.-]+):(?: (.*))?$/.exec(lines[at]?.text ?? "") ??
          [];
      expect(key, `line ${at + 1} of\n${text}`).not.toBe("");
      at++;
      const name = String(scalar(key));
      expect(map[name]).toBeUndefined();
      map[name] = rest === "" ? block(indent + 2) : scalar(rest);
    }
    return map;
  };
  const whole = block(0);
  expect(at, text).toBe(lines.length);
  // The outermost block of all that is written here is a map.
  return whole as Record<string, unknown>;
}
