import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { compileNetplan } from "@/region/domain/install/netplan.ts";
import { checkInterfaces } from "@/region/domain/interfaces/check_interfaces.ts";
import type { MachineInterface } from "@/region/domain/interfaces/interface.ts";
import { networkConfigOf } from "@/region/domain/interfaces/network_config.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { BOND_MODES } from "@/shared/machine/interfaces.ts";
import { parseIpAddress } from "@/shared/net/ip_address.ts";
import {
  anyNetwork,
  makeInterface,
  makeLink,
  makeSubnet,
  makeVlan,
} from "@/test/interface_makers.ts";

/** The real program, of the package netplan.io: it reads the file as the installed system will. */
const NETPLAN = "/usr/sbin/netplan";
const isMissing = !isFile(NETPLAN);
if (isMissing) console.warn(`netplan's YAML is not tested: ${NETPLAN} is not there (netplan.io)`);
vi.setConfig({ testTimeout: 120_000 });

let root = "";
beforeEach(async () => {
  root = await Deno.makeTempDir({ prefix: "rackwright-netplan-" });
});
afterEach(() => Deno.remove(root, { recursive: true }));

/** What systemd-networkd is told, by file; throws with netplan's words when it refuses. */
async function generate(interfaces: readonly MachineInterface[]): Promise<Map<string, string>> {
  const yaml = compileNetplan(networkConfigOf(interfaces));
  await Deno.remove(root, { recursive: true });
  await Deno.mkdir(`${root}/etc/netplan`, { recursive: true });
  await Deno.writeTextFile(`${root}/etc/netplan/50-rackwright.yaml`, yaml, { mode: 0o600 });
  const { success, stderr } = await new Deno.Command(NETPLAN, {
    args: ["generate", "--root-dir", root],
    stdout: "null",
    stderr: "piped",
  }).output();
  expect(success, `${new TextDecoder().decode(stderr)}\n${yaml}`).toBe(true);
  const folder = `${root}/run/systemd/network`;
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    files.set(name.replace("10-netplan-", ""), await Deno.readTextFile(`${folder}/${name}`));
  }
  return files;
}

test.skipIf(isMissing)("netplan takes a bond with VLANs and bridges as it is meant", async () => {
  const v6 = makeSubnet(2, { cidr: "2001:db8::/64", gateway: "fe80::1", dnsServers: [] });
  const files = await generate([
    makeInterface(1, { name: "ens3", mtu: 9000 }),
    makeInterface(2, { name: "ens4", mtu: 9000 }),
    makeInterface(3, {
      name: "bond0",
      kind: "bond",
      parentIds: [1, 2],
      parameters: {
        bond: {
          mode: "802.3ad",
          miimonMs: 100,
          upDelayMs: 200,
          downDelayMs: 300,
          lacpRate: "fast",
          xmitHashPolicy: "layer3+4",
        },
      },
    }),
    makeInterface(4, {
      name: "bond0.100",
      kind: "vlan",
      parentIds: [3],
      vlan: makeVlan(100),
      mtu: 1500,
      links: [makeLink({ mode: "dhcp", subnet: null, ip: null })],
    }),
    makeInterface(5, {
      name: "br-data",
      kind: "bridge",
      parentIds: [3],
      parameters: { bridge: { stp: true, forwardDelaySeconds: 7 } },
      acceptRa: false,
      links: [
        makeLink({
          subnet: makeSubnet(1, {
            classlessRoutes: [{ destination: "10.9.0.0/16", gateway: "10.0.1.2" }],
          }),
        }),
        makeLink({ subnet: v6, ip: parseIpAddress("2001:db8::5") }),
      ],
    }),
    makeInterface(6, {
      name: "ens9",
      links: [makeLink({ mode: "link_up", subnet: null, ip: null })],
    }),
  ]);
  const has = (file: string, ...lines: string[]) => {
    for (const line of lines) expect(files.get(file)?.split("\n"), file).toContain(line);
  };
  has("ens3.link", "PermanentMACAddress=52:54:00:00:00:01", "Name=ens3", "MTUBytes=9000");
  has("ens3.network", "Bond=bond0");
  has(
    "bond0.netdev",
    "MACAddress=52:54:00:00:00:01",
    "Mode=802.3ad",
    "LACPTransmitRate=fast",
    "MIIMonitorSec=100ms",
    "UpDelaySec=200ms",
    "DownDelaySec=300ms",
    "TransmitHashPolicy=layer3+4",
  );
  has("bond0.network", "Bridge=br-data", "VLAN=bond0.100");
  has("bond0.100.netdev", "Id=100");
  has("bond0.100.network", "DHCP=ipv4", "ClientIdentifier=mac");
  has("br-data.netdev", "STP=true", "ForwardDelaySec=7");
  has(
    "br-data.network",
    "Address=10.0.1.5/24",
    "Address=2001:db8::5/64",
    "DNS=10.0.1.53",
    "IPv6AcceptRA=no",
    "Destination=0.0.0.0/0",
    "Gateway=10.0.1.1",
    "Destination=10.9.0.0/16",
    "Destination=::/0",
    "Gateway=fe80::1",
    "GatewayOnLink=true",
  );
  has("ens9.network", "RequiredForOnline=no");
});

test.skipIf(isMissing).each(BOND_MODES)("netplan takes a bond of mode %s", async (mode) => {
  const files = await generate([
    makeInterface(1),
    makeInterface(2),
    makeInterface(3, {
      kind: "bond",
      parentIds: [1, 2],
      parameters: { bond: { mode, miimonMs: 50, gratuitousArps: 3 } },
      links: [makeLink()],
    }),
  ]);
  expect(files.get("i3.netdev")).toContain(`Mode=${mode}\n`);
});

test.skipIf(isMissing)("netplan takes whatever goes together, with each address once", async () => {
  const good = fc.sample(anyNetwork, { numRuns: 400, seed: 20_261_123 }).filter((interfaces) => {
    try {
      checkInterfaces(interfaces);
      networkConfigOf(interfaces);
      return true;
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  });
  // The largest, for each costs the start of a program.
  const chosen = good.toSorted((a, b) => b.length - a.length).slice(0, 25);
  expect(chosen).toHaveLength(25);
  for (const interfaces of chosen) {
    const told = [...(await generate(interfaces)).values()].join("\n");
    for (const { ip } of interfaces.flatMap((each) => each.links)) {
      expect(told.split(`Address=${ip}/`)).toHaveLength(2);
    }
  }
});

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
