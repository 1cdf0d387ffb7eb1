import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { DhcpService } from "@/rack-agent/services/dhcp/dhcp_service.ts";
import type { Reservation } from "@/rack-agent/protocol/dhcp/reservations.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { ipv4FromNumber, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { formatMacAddress } from "@/shared/net/mac_address.ts";

/**
 * Our DHCP service alone, as a program: `{leases, interfaceName, changesPerSecond}` as JSON. A /16,
 * as the peers are given. Writes one line when it answers; SIGTERM ends it.
 *
 * With changes it promises an address to each of a thousand machines anew, again and again, and
 * writes how many changes were in force.
 */
const { leases, interfaceName, changesPerSecond = 0 } = JSON.parse(Deno.args[0] ?? "{}") as {
  leases: string;
  interfaceName: string;
  changesPerSecond?: number;
}; // of our own bench

const UNLIMITED = { burst: 1e9, perMinute: 1e9 };
const RESERVATIONS = 1_000;
const service = new DhcpService({
  leaseLogPath: leases,
  httpPort: 80,
  clock: systemClock,
  log: (event, fields) => console.error(JSON.stringify({ event, ...fields })),
});

void service.applyConfig(configWith([]));
await service.start();
console.log(JSON.stringify({ event: "ready", leases: service.leaseCount }));
let isStopping = false;
Deno.addSignalListener("SIGTERM", async () => {
  isStopping = true;
  await service.stop();
  console.log(JSON.stringify({ event: "stopped", counters: service.counters }));
});
if (changesPerSecond > 0) await changeAndAsk();

/** Changes one promise after the other, and says so when it is in force: then it may be tested. */
async function changeAndAsk(): Promise<void> {
  const promises = new Map<number, Reservation>();
  const first = ipv4ToNumber(parseIpv4("10.82.0.1"));
  const startMs = performance.now();
  for (let change = 0; !isStopping; change++) {
    const machine = change % RESERVATIONS;
    const round = Math.floor(change / RESERVATIONS) % 2;
    const ipv4 = ipv4FromNumber(first + 2 * machine + round);
    const mac = formatMacAddress(
      Uint8Array.of(0x52, 0x54, 0xff, 0xff, machine >> 8, machine & 255),
    );
    promises.set(machine, { mac, ipv4 });
    await service.applyConfig(configWith([...promises.values()]));
    console.log(`${mac} ${ipv4}`);
    const dueMs = startMs + ((change + 1) * 1_000) / changesPerSecond;
    const restMs = dueMs - performance.now();
    if (restMs > 1) await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}

function configWith(reservations: readonly Reservation[]) {
  return {
    reservations,
    newcomerLimits: { port: UNLIMITED, link: UNLIMITED },
    subnets: [{
      id: 1,
      interfaceName,
      cidr: parseCidr("10.81.0.0/16"),
      serverAddress: parseIpv4("10.81.0.1"),
      gateway: parseIpv4("10.81.0.1"),
      dnsServers: [parseIpv4("10.81.0.1")],
      leaseSeconds: 3_600,
      probe: false,
      ranges: [{ first: parseIpv4("10.81.1.0"), last: parseIpv4("10.81.255.254") }],
    }, {
      id: 2,
      interfaceName,
      cidr: parseCidr("10.82.0.0/16"),
      serverAddress: parseIpv4("10.81.0.1"),
      dnsServers: [],
      leaseSeconds: 3_600,
      ranges: [],
    }],
  };
}
