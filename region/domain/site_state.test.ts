import { describe, expect, test } from "vitest";
import { SiteState } from "@/shared/contract/site_state.ts";
import { bootPlanFor } from "@/shared/machine/boot_plans.ts";
import { MACHINE_STATUSES } from "@/shared/machine/lifecycle.ts";
import { parseIpAddress as ip } from "@/shared/net/ip_address.ts";
import { DEFAULT_SETTINGS } from "./settings/settings_table.ts";
import type { SubnetRecord } from "./networks/state_subnet.ts";
import {
  buildSiteState,
  type ImageRecord,
  type MachineRecord,
  type OperationRecord,
  restingBootOf,
  type SiteRecords,
} from "./site_state.ts";

const version = { generation: 3, issuedAt: new Date("2026-03-01T12:00:00.000Z") };
const sha = (digit: string) => digit.repeat(64);

const empty: SiteRecords = {
  site: { id: "s-1", name: "One", enlist: true },
  subnets: [],
  ranges: [],
  addresses: [],
  dhcpOptions: [],
  machines: [],
  interfaces: [],
  operations: [],
  images: [],
  settings: DEFAULT_SETTINGS,
};
const machine: MachineRecord = {
  id: 1,
  systemId: "abc234",
  hostname: "node-1",
  architecture: "amd64",
  status: "Deploying",
  firmware: "uefi",
  rescue: null,
};
const osImage: ImageRecord = {
  id: "i-1",
  product: "debian-12-amd64",
  version: "20260101",
  title: "Debian 12",
  os: "debian",
  release: "12",
  architecture: "amd64",
  kind: "os",
  files: [
    { name: "vmlinuz", role: "kernel", sha256: sha("1"), bytes: 1 },
    { name: "initrd", role: "initrd", sha256: sha("2"), bytes: 2 },
    { name: "root", role: "squashfs", sha256: sha("3"), bytes: 3 },
  ],
  kernelOptions: "console=ttyS0",
  sourceUrl: "https://images.example/",
  createdAt: new Date("2026-01-01T00:00:00Z"),
};
const bareSubnet: SubnetRecord = {
  id: 1,
  cidr: "10.0.0.0/24",
  gateway: null,
  dnsServers: [],
  domain: null,
  dhcpMode: "serve",
  leaseSeconds: 600,
  ntpServers: [],
  searchDomains: [],
  classlessRoutes: [],
  vlan: { mtu: 1500, dhcp: true },
};
const plan = bootPlanFor("deploy", { hasBmc: true }) ?? null;
const deploy: OperationRecord = {
  bootImageId: null,
  id: "o-1",
  kind: "deploy",
  machineId: 1,
  askedAt: new Date("2026-03-01T11:00:00.000Z"),
  plan,
  imageId: "i-1",
  installScript: "#!/bin/sh\n",
  sshKeys: ["ssh-ed25519 AAAA"],
  sealedUserData: "jwe",
  scripts: null,
  erase: null,
};
const build = (records: Partial<SiteRecords>) => {
  const state = buildSiteState({ ...empty, ...records }, version);
  expect(SiteState.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  return state;
};

test("buildSiteState() of a site without anything is a valid document", () => {
  expect(build({})).toEqual({
    site: { id: "s-1", name: "One" },
    generation: 3,
    issuedAt: "2026-03-01T12:00:00.000Z",
    subnets: [],
    machines: [],
    operations: [],
    images: [],
    bootFiles: [],
    otherReservations: [],
  });
});

test("buildSiteState() leaves out what a subnet does not have", () => {
  const subnet = { ...bareSubnet, dnsServers: ["10.0.0.1"] };
  expect(build({ subnets: [subnet] }).subnets).toEqual([{
    id: 1,
    cidr: "10.0.0.0/24",
    dnsServers: ["10.0.0.1"],
    dhcp: true,
    dhcpMode: "serve",
    leaseSeconds: 600,
    dynamicRanges: [],
  }]);
  const full = { ...subnet, gateway: "10.0.0.1", domain: "rack.example" };
  expect(build({ subnets: [full] }).subnets[0]).toMatchObject({
    gateway: "10.0.0.1",
    domain: "rack.example",
  });
});

test("buildSiteState() says what a subnet announces besides, and nothing of IPv6", () => {
  const more = {
    ...bareSubnet,
    dnsServers: ["10.0.0.53", "2001:db8::53"],
    ntpServers: ["10.0.0.123"],
    searchDomains: ["example.com"],
    classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.0.0.9" }],
    vlan: { mtu: 9000, dhcp: true },
  };
  const six = { ...bareSubnet, id: 2, cidr: "2001:db8::/64" };
  expect(build({ subnets: [more, six] }).subnets).toMatchObject([{
    dnsServers: ["10.0.0.53"],
    ntpServers: ["10.0.0.123"],
    searchDomains: ["example.com"],
    classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.0.0.9" }],
    mtu: 9000,
  }]);
});

test.each(
  [
    ["serve", true, "serve", true],
    ["proxy", true, "proxy", false],
    ["off", true, "off", false],
    ["serve", false, "off", false],
    ["proxy", false, "off", false],
  ] as const,
)("a subnet that is to %s on a VLAN with DHCP %s: %s", (asked, dhcp, dhcpMode, gives) => {
  const subnet = { ...bareSubnet, dhcpMode: asked, vlan: { mtu: 1500, dhcp } };
  expect(build({ subnets: [subnet] }).subnets).toMatchObject([{ dhcpMode, dhcp: gives }]);
});

test("buildSiteState() gives away no address that is reserved or promised to a stranger", () => {
  const subnets = [1, 2].map((id) => ({ ...bareSubnet, id, cidr: `10.0.${id}.0/24` }));
  const state = build({
    subnets,
    machines: [machine],
    interfaces: [{ machineId: 1, mac: "52:54:00:00:00:01" }],
    ranges: [
      { subnetId: 1, kind: "dynamic", first: ip("10.0.1.10"), last: ip("10.0.1.20") },
      { subnetId: 1, kind: "reserved", first: ip("10.0.1.19"), last: ip("10.0.1.30") },
      { subnetId: 2, kind: "dynamic", first: ip("10.0.2.10"), last: ip("10.0.2.20") },
    ],
    addresses: [
      { subnetId: 1, mac: "52:54:00:00:00:01", ip: ip("10.0.1.11") }, // the agent knows this machine
      { subnetId: 1, mac: "52:54:00:00:00:99", ip: ip("10.0.1.15") }, // a printer
    ],
  });
  expect(state.subnets.map(({ dynamicRanges }) => dynamicRanges)).toEqual([
    [{ first: "10.0.1.10", last: "10.0.1.14" }, { first: "10.0.1.16", last: "10.0.1.18" }],
    [{ first: "10.0.2.10", last: "10.0.2.20" }],
  ]);
  expect(state.machines[0]?.reservations).toEqual([
    { mac: "52:54:00:00:00:01", ipv4: "10.0.1.11" },
  ]);
});

test("what an interface is configured with goes before a reservation, and neither is given away", () => {
  const mac = "52:54:00:00:00:01";
  const state = build({
    subnets: [{ ...bareSubnet, id: 1, cidr: "10.0.1.0/24" }],
    machines: [machine],
    interfaces: [{ machineId: 1, mac }],
    ranges: [{ subnetId: 1, kind: "dynamic", first: ip("10.0.1.10"), last: ip("10.0.1.20") }],
    addresses: [
      { subnetId: 1, mac, ip: ip("10.0.1.12"), linkId: null },
      { subnetId: 1, mac, ip: ip("10.0.1.5"), linkId: 7 },
    ],
  });
  expect(state.machines[0]?.reservations).toEqual([{ mac, ipv4: "10.0.1.5" }]);
  expect(state.subnets[0]?.dynamicRanges).toEqual([
    { first: "10.0.1.10", last: "10.0.1.11" },
    { first: "10.0.1.13", last: "10.0.1.20" },
  ]);
});

test("buildSiteState() gives each machine its own interfaces, and a BMC where it has one", () => {
  const bmc = {
    kind: "ipmi",
    address: "10.1.0.1",
    port: 623,
    username: "admin",
    sealedPassword: "jwe",
  } as const;
  const state = build({
    machines: [machine, { ...machine, id: 2, systemId: "def567", bmc }],
    interfaces: [{ machineId: 2, mac: "b" }, { machineId: 1, mac: "a" }, {
      machineId: 2,
      mac: "c",
    }],
  });
  expect(state.machines).toMatchObject([{ macs: ["a"] }, { macs: ["b", "c"], bmc }]);
  expect(state.machines[0]).not.toHaveProperty("bmc");
});

describe("a machine at rest", () => {
  const expected = { "Deployed": "local_disk", "New": "enlist" } as Record<string, string>;
  for (const status of MACHINE_STATUSES) {
    test(`that is ${status} is told ${expected[status] ?? "power_off"}`, () => {
      expect(restingBootOf(status)).toBe(expected[status] ?? "power_off");
    });
  }
});

test("buildSiteState() hands over an operation whole", () => {
  expect(build({ machines: [machine], operations: [deploy], images: [osImage] }).operations)
    .toEqual([{
      id: "o-1",
      kind: "deploy",
      systemId: "abc234",
      askedAt: "2026-03-01T11:00:00.000Z",
      plan,
      imageId: "i-1",
      installScript: "#!/bin/sh\n",
      sshKeys: ["ssh-ed25519 AAAA"],
      sealedUserData: "jwe",
    }]);
});

test("buildSiteState() leaves out operations that need nothing of the site", () => {
  const without = { ...deploy, plan: null };
  expect(build({ machines: [machine], operations: [without] }).operations).toEqual([]);
  expect(build({ machines: [], operations: [deploy] }).operations).toEqual([]);
});

test("buildSiteState() lists images that can be booted", () => {
  const half = { ...osImage, id: "i-2", files: osImage.files.slice(1) };
  expect(build({ images: [half, osImage] }).images).toEqual([{
    id: "i-1",
    title: "Debian 12",
    architecture: "amd64",
    kernel: { sha256: sha("1"), bytes: 1 },
    initrd: { sha256: sha("2"), bytes: 2 },
    squashfs: { sha256: sha("3"), bytes: 3 },
    kernelOptions: "console=ttyS0",
  }]);
});

test("buildSiteState() enlists with the newest image, of amd64 where there is one", () => {
  const newer = { ...osImage, id: "i-2", createdAt: new Date("2026-02-01T00:00:00Z") };
  const arm = { ...newer, id: "i-3", architecture: "arm64", createdAt: new Date("2026-03-01") };
  expect(build({ images: [osImage, arm, newer] }).enlistImageId).toBe("i-2");
  expect(build({ images: [arm] }).enlistImageId).toBe("i-3");
  expect(build({ images: [] })).not.toHaveProperty("enlistImageId");
  const closed = { ...empty.site, enlist: false };
  expect(build({ site: closed, images: [osImage] })).not.toHaveProperty("enlistImageId");
});

test("buildSiteState() offers each boot file once, from the product imported last", () => {
  const loader = (id: string, at: string, name: string, digit: string): ImageRecord => ({
    ...osImage,
    id,
    kind: "bootloader",
    createdAt: new Date(at),
    files: [{ name, role: "bootfile", sha256: sha(digit), bytes: 1 }],
  });
  const images = [
    loader("i-3", "2026-02-01", "undionly.kpxe", "b"),
    loader("i-2", "2026-01-01", "undionly.kpxe", "a"),
    loader("i-4", "2026-01-01", "ipxe.efi", "c"),
  ];
  const state = build({ images });
  expect(state.bootFiles).toEqual([
    { name: "ipxe.efi", file: { sha256: sha("c"), bytes: 1 } },
    { name: "undionly.kpxe", file: { sha256: sha("b"), bytes: 1 } },
  ]);
  expect(state.images).toEqual([]);
});

test("a machine's firmware is told when its inventory says it", () => {
  const firmwareSeen = [machine, { ...machine, firmware: null }, { ...machine, firmware: "?" }]
    .map((one) => build({ machines: [one] }).machines[0]?.firmware);
  expect(firmwareSeen).toEqual(["uefi", undefined, undefined]);
});

test("an address promised to something that is no machine is told on its own", () => {
  const state = build({
    machines: [machine],
    interfaces: [{ machineId: machine.id, mac: "52:54:00:00:00:01" }],
    addresses: [
      { subnetId: 1, mac: "52:54:00:00:00:01", ip: ip("10.0.0.5") },
      { subnetId: 1, mac: "52:54:00:00:00:99", ip: ip("10.0.0.6") },
    ],
  });
  expect(state.machines[0]?.reservations).toEqual([{ mac: "52:54:00:00:00:01", ipv4: "10.0.0.5" }]);
  expect(state.otherReservations).toEqual([{ mac: "52:54:00:00:00:99", ipv4: "10.0.0.6" }]);
});

describe("the region's settings", () => {
  const older = {
    ...osImage,
    id: "i-0",
    release: "11",
    createdAt: new Date("2025-01-01T00:00:00Z"),
  };

  test("name servers for the subnets that name none", () => {
    const settings = { ...DEFAULT_SETTINGS, dnsServers: ["10.9.9.9", "2001:db8::9"] };
    const subnets = [bareSubnet, { ...bareSubnet, id: 2, dnsServers: ["10.0.0.2"] }];
    const state = buildSiteState({ ...empty, subnets, settings }, version);
    expect(state.subnets.map(({ dnsServers }) => dnsServers)).toEqual([["10.9.9.9"], ["10.0.0.2"]]);
    const timed = { ...DEFAULT_SETTINGS, ntpServers: ["10.9.9.8"] };
    expect(buildSiteState({ ...empty, subnets: [bareSubnet], settings: timed }, version).subnets)
      .toMatchObject([{ ntpServers: ["10.9.9.8"] }]);
  });

  test("put kernel options behind the image's own", () => {
    const settings = { ...DEFAULT_SETTINGS, kernelOptions: "iommu=pt" };
    const state = buildSiteState({ ...empty, images: [osImage], settings }, version);
    expect(state.images[0]?.kernelOptions).toBe("console=ttyS0 iommu=pt");
  });

  test.each([["debian/11", "i-0"], ["debian/9", "i-1"], [null, "i-1"]])(
    "choose what unknown machines are taken in with: %s",
    (commissioningRelease, id) => {
      const settings = { ...DEFAULT_SETTINGS, commissioningRelease };
      const state = buildSiteState({ ...empty, images: [older, osImage], settings }, version);
      expect(state.enlistImageId).toBe(id);
    },
  );
});

test("buildSiteState() names the publisher only where agents may go there and can verify", () => {
  const chunks = { bytes: 1024 ** 2, sha256: sha("9") };
  const files = osImage.files.map((file) => ({ ...file, chunks, path: `a/${file.name}` }));
  const urls = (over: Partial<ImageRecord>) =>
    build({ images: [{ ...osImage, files, agentsFetchDirectly: true, ...over }] }).images
      .flatMap(({ kernel, squashfs }) => [kernel.upstreamUrl, squashfs.upstreamUrl]);
  expect(urls({})).toEqual(["https://images.example/a/vmlinuz", "https://images.example/a/root"]);
  expect(urls({ agentsFetchDirectly: false })).toEqual([undefined, undefined]);
  expect(urls({ files: files.map((file) => ({ ...file, chunks: undefined })) }))
    .toEqual([undefined, undefined]);
});

test("buildSiteState() says which images a site does not fetch ahead", () => {
  const prefetchOf = (prefetch: string[] | null) =>
    build({ site: { ...empty.site, prefetch }, images: [osImage] }).images[0]?.prefetch;
  expect(prefetchOf(null)).toBeUndefined();
  expect(prefetchOf([`${osImage.os}/${osImage.release}`])).toBeUndefined();
  expect(prefetchOf(["ubuntu/other"])).toBe(false);
});

test("buildSiteState() names what is installed where another system installs it", () => {
  const file = { name: "root-tgz", role: "root-tgz", sha256: "c".repeat(64), bytes: 9 } as const;
  const custom = { ...osImage, id: "i-custom", product: "custom", files: [file] };
  const operation = { ...deploy, imageId: "i-custom", bootImageId: osImage.id };
  const state = build({ machines: [machine], operations: [operation], images: [osImage, custom] });
  expect(state.operations[0]).toMatchObject({
    imageId: osImage.id,
    installFile: { sha256: file.sha256, bytes: 9 },
  });
  expect(state.images.map(({ id }) => id)).toEqual([osImage.id]); // nothing to boot in the other
});
