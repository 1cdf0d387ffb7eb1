import { expect, test } from "vitest";
import { installStorageOf } from "../storage/installable.ts";
import { compileInstallPlan, type InstallInput } from "./install_plan.ts";
import { compileNetplan, type NetplanInterface } from "./netplan.ts";
import { toYaml } from "./yaml.ts";

const BARE: NetplanInterface = {
  name: "ens3",
  kind: "physical",
  mac: "52:54:00:00:00:01",
  mtu: null,
  acceptRa: null,
  parents: [],
  tag: null,
  parameters: {},
  isOptional: false,
  hasDhcp4: false,
  hasDhcp6: false,
  addresses: [],
  routes: [],
  nameservers: [],
};

test("a static address with its router and name servers", () => {
  const config = {
    interfaces: [{
      ...BARE,
      mtu: 9000,
      addresses: [{ ip: "10.0.0.5", cidr: "10.0.0.0/24" }],
      routes: [
        { to: "0.0.0.0/0", via: "10.0.0.1", isOnLink: false },
        { to: "10.9.0.0/16", via: "10.0.0.2", isOnLink: false },
      ],
      nameservers: ["10.0.0.53", "2001:db8::53"],
    }],
  };
  expect(compileNetplan(config)).toBe(`network:
  version: 2
  ethernets:
    ens3:
      match:
        macaddress: "52:54:00:00:00:01"
      set-name: ens3
      mtu: 9000
      addresses:
        - "10.0.0.5/24"
      nameservers:
        addresses:
          - "10.0.0.53"
          - "2001:db8::53"
      routes:
        - to: "0.0.0.0/0"
          via: "10.0.0.1"
        - to: "10.9.0.0/16"
          via: "10.0.0.2"
`);
});

test("a bond of two ports, a VLAN on it, and a bridge of the VLAN", () => {
  const port = (n: number): NetplanInterface => ({
    ...BARE,
    name: `ens${n}`,
    mac: `52:54:00:00:00:0${n}`,
  });
  const config = {
    interfaces: [
      port(3),
      port(4),
      {
        ...BARE,
        kind: "bond" as const,
        name: "bond0",
        mac: "52:54:00:00:00:03",
        parents: ["ens3", "ens4"],
        parameters: {
          bond: {
            mode: "802.3ad" as const,
            miimonMs: 100,
            lacpRate: "fast" as const,
            xmitHashPolicy: "layer3+4" as const,
          },
        },
      },
      {
        ...BARE,
        kind: "vlan" as const,
        name: "bond0.100",
        parents: ["bond0"],
        tag: 100,
        hasDhcp4: true,
        hasDhcp6: true,
        acceptRa: false,
      },
      {
        ...BARE,
        kind: "bridge" as const,
        name: "br0",
        mac: "52:54:00:00:00:03",
        parents: ["bond0"],
        parameters: { bridge: { stp: false, forwardDelaySeconds: 4 } },
        addresses: [{ ip: "2001:db8::5", cidr: "2001:db8::/64" }],
        routes: [{ to: "::/0", via: "fe80::1", isOnLink: true }],
      },
    ],
  };
  expect(compileNetplan(config)).toBe(`network:
  version: 2
  ethernets:
    ens3:
      match:
        macaddress: "52:54:00:00:00:03"
      set-name: ens3
    ens4:
      match:
        macaddress: "52:54:00:00:00:04"
      set-name: ens4
  bonds:
    bond0:
      interfaces:
        - ens3
        - ens4
      macaddress: "52:54:00:00:00:03"
      parameters:
        mode: "802.3ad"
        mii-monitor-interval: 100
        lacp-rate: fast
        transmit-hash-policy: "layer3+4"
  bridges:
    br0:
      interfaces:
        - bond0
      macaddress: "52:54:00:00:00:03"
      parameters:
        stp: false
        forward-delay: 4
      addresses:
        - "2001:db8::5/64"
      routes:
        - to: "::/0"
          via: "fe80::1"
          on-link: true
  vlans:
    bond0.100:
      id: 100
      link: bond0
      dhcp4: true
      dhcp-identifier: mac
      dhcp6: true
      accept-ra: false
`);
});

test("an address that is still to be given is a comment", () => {
  const config = {
    interfaces: [{ ...BARE, addresses: [{ ip: null, cidr: "10.0.0.0/24" }] }],
  };
  expect(compileNetplan(config)).toMatch(/^# ens3 gets a free address of 10\.0\.0\.0\/24 /);
});

test("texts that YAML takes for something else are quoted", () => {
  const tricky = ["no", "1e3", "0x10", "12:30:00", "null", "a: b", "#x", "-", "", "é", "a\nb"];
  for (const text of tricky) expect(toYaml({ k: text })).toBe(`k: ${JSON.stringify(text)}\n`);
  expect(toYaml({ yes: "plain.text_1-2" })).toBe('"yes": plain.text_1-2\n');
});

const { firmware, plan, disks } = installStorageOf({ layout: "flat" }, {
  architecture: "x86_64",
  firmware: "bios",
  system: {},
  cpu: { cores: 1 },
  memoryMib: 1,
  interfaces: [],
  disks: [{ name: "vda", path: "/dev/vda", bytes: 8 * 1024 ** 3, serial: "S" }],
});
const deploy: InstallInput = {
  hostname: "node-1",
  firmware,
  storage: plan,
  disks,
  bootMac: "52:54:00:00:00:01",
  kernelOptions: "",
};

test("an install plan without a network asks by DHCP where it boots, as ever", () => {
  const [, yaml] = /<<'NETPLAN'\n(.*?\n)NETPLAN\n/s.exec(compileInstallPlan(deploy)) ?? [];
  expect(yaml).toBe(`network:
  version: 2
  ethernets:
    boot:
      match: {macaddress: "52:54:00:00:00:01"}
      dhcp4: true
      dhcp-identifier: mac
`);
});

test("an install plan with a network writes that instead", () => {
  const network = {
    interfaces: [{ ...BARE, addresses: [{ ip: "10.0.0.5", cidr: "10.0.0.0/24" }] }],
  };
  const [, yaml] = /<<'NETPLAN'\n(.*?\n)NETPLAN\n/s.exec(
    compileInstallPlan({ ...deploy, network }),
  ) ?? [];
  expect(yaml).toBe(compileNetplan(network));
});
