import type { Reservation } from "@/rack-agent/protocol/dhcp/reservations.ts";
import type { DhcpSubnet } from "@/rack-agent/protocol/dhcp/site.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { DhcpService } from "@/rack-agent/services/dhcp/dhcp_service.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/**
 * The DHCP service alone, as a program: `LEASE_LOG INTERFACE=NETWORK[@SERVER]… [MAC=ADDRESS…]`,
 * where NETWORK is the first three numbers of a /24, and SERVER our address when NETWORK is behind a
 * relay. `probe` as a word: new addresses are probed. Writes one JSON object a line; SIGTERM ends it.
 */
const [leaseLogPath = "", ...words] = Deno.args;
const probe = words.includes("probe");
const pairs = words.filter((word) => word.includes("=")).map((word) =>
  word.split("=") as [string, string]
); // see the usage above
const subnets = pairs.filter(([name]) => !name.includes(":")).map(subnetOf);
const reservations = pairs.filter(([name]) => name.includes(":")).map(reservationOf);
const write = (line: object) => console.log(JSON.stringify(line));

const service = new DhcpService({
  leaseLogPath,
  httpPort: 80,
  clock: systemClock,
  log: (event, fields) => write({ event, ...fields }),
  onLease: (event) => write({ event: "lease", ...event }),
  onAlarm: (alarm) => write({ event: "alarm", ...alarm }),
});
void service.applyConfig({ subnets, reservations });
await service.start();
write({ event: "ready", leases: service.leases() });
Deno.addSignalListener("SIGTERM", async () => {
  await service.stop();
  write({ event: "stopped", counters: service.counters });
});

function subnetOf([interfaceName, where]: [string, string], i: number): DhcpSubnet {
  const [network = "", server = `${network}.1`] = where.split("@");
  return {
    id: i + 1,
    interfaceName,
    cidr: parseCidr(`${network}.0/24`),
    serverAddress: parseIpv4(server),
    probe,
    gateway: parseIpv4(`${network}.254`),
    dnsServers: [parseIpv4(`${network}.53`)],
    domain: "rack.test",
    leaseSeconds: 3_600,
    ranges: [{ first: parseIpv4(`${network}.100`), last: parseIpv4(`${network}.250`) }],
  };
}

function reservationOf([mac, ipv4]: [string, string]): Reservation {
  return { mac: parseMacAddress(mac), ipv4: parseIpv4(ipv4), hostname: "promised" };
}
