import { describe, expect, test } from "vitest";
import { IPXE_FIRST_PROGRAMS } from "@/rack-agent/protocol/dhcp/boot_options.ts";
import type { Arrival } from "@/rack-agent/protocol/dhcp/asked.ts";
import type { DhcpSubnet } from "@/rack-agent/protocol/dhcp/site.ts";
import { LeaseRing, makeLeaseRing } from "@/rack-agent/runtime/lease_ring.ts";
import { encodeArpProbe } from "@/rack-agent/wire/dhcp/arp_packet.ts";
import { decodePacket, type DhcpPacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { OVMF_PXE_DISCOVER } from "@/test/captures/dhcp_requests.ts";
import { hex } from "@/test/hex.ts";
import { DhcpEngine, type DhcpEngineDeps } from "./dhcp_engine.ts";
import type { DhcpEvent } from "./dhcp_messages.ts";
import type { DhcpReply, DhcpTransport, WantedLink } from "./dhcp_transport.ts";

const SERVER = parseIpv4("192.0.2.1");
const MAC = parseMacAddress("52:54:00:77:01:02"); // of the capture
const OTHER = parseMacAddress("52:54:00:77:01:09");
const SUBNET: DhcpSubnet = {
  id: 1,
  interfaceName: "eth0",
  cidr: parseCidr("192.0.2.0/24"),
  serverAddress: SERVER,
  dnsServers: [],
  leaseSeconds: 600,
  probe: false,
  ranges: [{ first: parseIpv4("192.0.2.10"), last: parseIpv4("192.0.2.20") }],
};
const CONFIG = { reservations: [], subnets: [SUBNET] };

/** A link without sockets: what a test puts on it comes in, what goes out is kept. */
class FakeTransport implements DhcpTransport {
  listening: readonly WantedLink[] = [];
  errors: number[] = [];
  drops = 0;
  readonly incoming: Uint8Array[] = [];
  readonly arp: Uint8Array[] = [];
  readonly probes: Uint8Array[] = [];
  readonly pinged: Ipv4[] = [];
  readonly echoes: Uint8Array[] = [];
  isUnreachable = false;
  readonly sent: (DhcpReply & { packet: DhcpPacket })[] = [];

  listenOn(links: readonly WantedLink[]): { interfaceName: string; cause: unknown }[] {
    this.listening = links;
    return [];
  }

  receive(onDatagram: (arrival: Arrival, bytes: Uint8Array) => void): void {
    for (const bytes of this.incoming.splice(0)) onDatagram({ interfaceName: "eth0" }, bytes);
  }

  send(_interfaceName: string, reply: DhcpReply): void {
    this.sent.push({ ...reply, packet: decodePacket(reply.bytes) });
  }

  flush(): number[] {
    return this.errors.splice(0);
  }

  probe(_interfaceName: string, packet: Uint8Array): void {
    this.probes.push(packet);
  }

  hear(onPacket: (interfaceName: string, packet: Uint8Array) => void): void {
    for (const packet of this.arp.splice(0)) onPacket("eth0", packet);
  }

  ping(ipv4: Ipv4): boolean {
    if (this.isUnreachable) return false;
    this.pinged.push(ipv4);
    return true;
  }

  hearPings(onPacket: (packet: Uint8Array) => void): void {
    for (const packet of this.echoes.splice(0)) onPacket(packet);
  }

  memory() {
    return [{ interfaceName: "eth0", queuedBytes: 0, queueBytesMax: 4096, drops: this.drops }];
  }

  close(): void {}
}

/** An engine with a disk that stores when it is told to. */
function engineWith(deps: Partial<DhcpEngineDeps> = {}, config: typeof CONFIG = CONFIG) {
  const transport = new FakeTransport();
  const ring = new LeaseRing(makeLeaseRing(4 * 1024 * 1024));
  const disk = new LeaseRing(ring.shared);
  const events: DhcpEvent[] = [];
  const logged: unknown[] = [];
  const time = { nowMs: 1_000_000 };
  const engine = new DhcpEngine({
    transport,
    ring,
    boot: {
      firstPrograms: IPXE_FIRST_PROGRAMS,
      scriptUrl: ({ mac }) => `http://x/${mac}`,
      programUrl: (file) => `http://x/${file}`,
    },
    clock: { nowMs: () => time.nowMs, monoMs: () => time.nowMs },
    log: (event, fields) => logged.push([event, fields]),
    tell: (told) => events.push(...told),
    macOfInterface: () => parseMacAddress("52:54:00:00:00:01"),
    ...deps,
  });
  engine.configure(config);
  const deliver = (...packets: Uint8Array[]) => {
    transport.incoming.push(...packets);
    engine.turn();
  };
  const store = () => {
    const stored = ring.waitingBytes > 0 ? disk.next(disk.committed) : undefined;
    disk.commit(ring.written);
    engine.turn();
    return stored && new TextDecoder().decode(stored);
  };
  return { engine, transport, disk, events, logged, time, deliver, store };
}

const discover = decodePacket(OVMF_PXE_DISCOVER);
const request = encodePacket({
  ...discover,
  options: {
    ...discover.options,
    messageType: 3,
    serverId: SERVER,
    requestedAddress: parseIpv4("192.0.2.10"),
  },
});

test("an OFFER leaves at once, an ACK once its lease is stored, and watchers hear before", () => {
  const { engine, transport, events, deliver, store, time } = engineWith();
  deliver(OVMF_PXE_DISCOVER);
  expect(transport.sent).toMatchObject([{
    source: SERVER,
    destination: { kind: "broadcast" },
    packet: { yourAddress: "192.0.2.10", bootFile: "snponly.efi" },
  }]);
  deliver(request);
  expect(transport.sent).toHaveLength(1);
  expect(events).toEqual([]);
  expect(engine.waitingForDisk).toBe(1);
  expect(store()).toContain('"ipv4":"192.0.2.10"');
  expect(transport.sent[1]?.packet.options.messageType).toBe(5);
  const given = { mac: MAC, ipv4: "192.0.2.10", subnetId: 1, atMs: time.nowMs };
  const expiresAtMs = time.nowMs + 600_000;
  expect(events).toEqual([
    { kind: "lease", lease: { kind: "given", ...given, expiresAtMs } },
    {
      kind: "boot",
      boot: {
        kind: "pxe",
        mac: MAC,
        architecture: 7,
        firstProgram: "snponly.efi",
        atMs: time.nowMs,
      },
    },
  ]);
  expect(engine.counters).toMatchObject({
    received: 2,
    answered: 2,
    dropped: {},
    waitingForDisk: 0,
  });
  expect(engine.counters.replyTime.byPowerOfTwoUs.reduce((sum, n) => sum + n)).toBe(2);
});

test("when the disk refuses, no ACK leaves, and storing goes on with the next", () => {
  const { engine, transport, disk, events, deliver, store } = engineWith();
  deliver(request);
  disk.fail();
  engine.turn();
  expect(transport.sent).toEqual([]);
  expect(engine.counters).toMatchObject({ answered: 0, dropped: { "dhcp.not_stored": 1 } });
  expect(events).toMatchObject([{ kind: "alarm", alarm: { code: "dhcp.leases_not_stored" } }]);
  deliver(request);
  store();
  expect(transport.sent).toHaveLength(1);
});

test("leases that were stored are known again", () => {
  const { engine, transport, deliver } = engineWith();
  const lease = { mac: OTHER, ipv4: parseIpv4("192.0.2.10"), subnetId: 1, atMs: 1 };
  engine.restore({ kind: "give", ...lease, expiresAtMs: 9_000_000 });
  expect([...engine.leases()]).toMatchObject([lease]);
  deliver(OVMF_PXE_DISCOVER);
  expect(transport.sent[0]?.packet.yourAddress).toBe("192.0.2.11");
});

test("a configuration takes effect with the next packet, as do reservations", () => {
  const { engine, transport, deliver } = engineWith();
  const offered = () => {
    deliver(OVMF_PXE_DISCOVER);
    return transport.sent.at(-1)?.packet.yourAddress;
  };
  const ipv4 = parseIpv4("192.0.2.99");
  engine.changeReservations({ put: [{ mac: MAC, ipv4 }], remove: [] });
  expect(offered()).toBe(ipv4);
  engine.changeReservations({ put: [], remove: [ipv4] });
  expect(offered()).toBe("192.0.2.10");
  const range = { first: parseIpv4("192.0.2.50"), last: parseIpv4("192.0.2.60") };
  engine.configure({ reservations: [], subnets: [{ ...SUBNET, ranges: [range] }] });
  expect(offered()).toBe("192.0.2.50");
});

test("while too much waits for the disk, requests are left in the kernel", () => {
  const { transport, deliver, store } = engineWith({
    ring: new LeaseRing(makeLeaseRing(1_024)), // less than a turn may need
  });
  deliver(OVMF_PXE_DISCOVER);
  expect(transport.incoming).toHaveLength(1);
  store();
});

test("a new machine's offer waits until nobody is seen to use its address", () => {
  const { engine, transport, deliver, time } = engineWith({}, {
    ...CONFIG,
    subnets: [{ ...SUBNET, probe: undefined }],
  });
  deliver(OVMF_PXE_DISCOVER, encodePacket({ ...discover, mac: OTHER }));
  expect(transport.probes).toHaveLength(2);
  deliver(OVMF_PXE_DISCOVER); // it asks again meanwhile
  expect(transport.sent).toEqual([]);
  expect(engine.idleMs(1_000)).toBe(200);
  time.nowMs += 200;
  engine.turn();
  expect(transport.sent.map(({ packet }) => packet.yourAddress))
    .toEqual(["192.0.2.10", "192.0.2.11"]);
  deliver(OVMF_PXE_DISCOVER); // it is held for it: no second probe
  expect(transport.sent).toHaveLength(3);
  expect(transport.probes).toHaveLength(2);
});

test("an address that somebody uses is put in quarantine, and the machine gets another", () => {
  const { engine, transport, events, deliver, store, time } = engineWith({}, {
    ...CONFIG,
    subnets: [{ ...SUBNET, probe: undefined }],
  });
  deliver(OVMF_PXE_DISCOVER);
  const claim = encodeArpProbe(OTHER, SERVER);
  claim.set([192, 0, 2, 10], 14); // the sender's address
  transport.arp.push(new Uint8Array(3), claim);
  engine.turn();
  expect(store()).toContain('"kind":"decline"');
  expect(events).toMatchObject([
    { kind: "alarm", alarm: { code: "dhcp.address_conflict", subject: "192.0.2.10" } },
    { kind: "lease", lease: { kind: "declined" } },
  ]);
  deliver(OVMF_PXE_DISCOVER);
  time.nowMs += 200;
  engine.turn();
  expect(transport.sent.map(({ packet }) => packet.yourAddress)).toEqual(["192.0.2.11"]);
});

test("the machine itself may be heard to use its address", () => {
  const { engine, transport, deliver, time } = engineWith({}, {
    ...CONFIG,
    subnets: [{ ...SUBNET, probe: undefined }],
  });
  deliver(OVMF_PXE_DISCOVER);
  const claim = encodeArpProbe(MAC, SERVER);
  claim.set([192, 0, 2, 10], 14);
  transport.arp.push(claim);
  time.nowMs += 200;
  engine.turn();
  expect(transport.sent).toHaveLength(1);
});

describe("an address behind a relay", () => {
  const RELAYED = encodePacket({ ...discover, relayAddress: parseIpv4("192.0.2.254") });
  const subnets = [{ ...SUBNET, probe: undefined }];
  /** From 192.0.2.10, with the identifier that the engine asks with. */
  const ECHO = hex(
    "45 00 00 1c 91 c9 00 00 40 01 00 00 c0 00 02 0a c0 00 02 01 00 00 00 00 52 77 00 01",
  );

  test("is asked for by an echo, and given when nobody answers", () => {
    const { engine, transport, deliver, time } = engineWith({}, { ...CONFIG, subnets });
    deliver(RELAYED);
    expect([transport.pinged, transport.probes, transport.sent]).toEqual([["192.0.2.10"], [], []]);
    transport.echoes.push(ECHO.with(25, 0x78), ECHO.with(15, 11), new Uint8Array(3)); // not its
    engine.turn();
    time.nowMs += 200;
    engine.turn();
    expect(transport.sent.map(({ packet }) => packet.yourAddress)).toEqual(["192.0.2.10"]);
  });

  test("is put in quarantine when somebody does", () => {
    const { engine, transport, events, deliver } = engineWith({}, { ...CONFIG, subnets });
    deliver(RELAYED);
    transport.echoes.push(ECHO);
    engine.turn();
    const message = `192.0.2.10 was about to be given to ${MAC}, but another host uses it`;
    expect(events[0]).toMatchObject({ kind: "alarm", alarm: { message } });
    expect(transport.sent).toEqual([]);
  });

  test("is given at once where no way leads there", () => {
    const { transport, deliver } = engineWith({}, { ...CONFIG, subnets });
    transport.isUnreachable = true;
    deliver(RELAYED);
    expect(transport.sent).toHaveLength(1);
  });
});

test("what cannot be read, decided or sent is counted by reason, and logged once", () => {
  const { engine, transport, logged, deliver } = engineWith({
    boot: {
      firstPrograms: {},
      scriptUrl: () => {
        throw new Error("no script");
      },
      programUrl: (file) => file,
    },
  });
  const bootp = encodePacket({ ...discover, options: {} });
  const ipxe = encodePacket({ ...discover, options: { messageType: 1, userClasses: ["iPXE"] } });
  deliver(new Uint8Array(3), new Uint8Array(300), bootp, ipxe);
  transport.errors = [101];
  deliver(OVMF_PXE_DISCOVER);
  expect(engine.counters).toMatchObject({
    received: 5,
    dropped: { "dhcp.malformed": 2, "dhcp.not_dhcp": 1, "dhcp.failed": 1, "dhcp.not_sent": 1 },
  });
  expect(logged).toHaveLength(4);
});

test("a lease that runs out is told of at the next look around", () => {
  const { engine, events, deliver, store, time } = engineWith();
  deliver(request);
  store();
  time.nowMs += 601_000;
  engine.keepHouse();
  expect(events.at(-1)).toMatchObject({ kind: "lease", lease: { kind: "expired", mac: MAC } });
});

test("packets that the kernel dropped are told of", () => {
  const { engine, transport, events } = engineWith();
  engine.keepHouse();
  transport.drops = 7;
  engine.keepHouse();
  engine.keepHouse();
  expect(events).toMatchObject([{
    kind: "alarm",
    alarm: { code: "dhcp.packets_lost", message: "the kernel dropped 7 requests on eth0" },
  }]);
});

test("port 4011 is served where addresses are another's", () => {
  const { engine, transport } = engineWith({}, {
    ...CONFIG,
    subnets: [{ ...SUBNET, mode: "proxy" }],
  });
  engine.keepHouse();
  expect(transport.listening).toEqual([{ interfaceName: "eth0", isProxied: true }]);
});

test("why() tells the last decision about a machine", () => {
  const one = { first: parseIpv4("192.0.2.10"), last: parseIpv4("192.0.2.10") };
  const { engine, deliver, store, time } = engineWith({}, {
    ...CONFIG,
    subnets: [{ ...SUBNET, ranges: [one] }],
  });
  expect(engine.why(MAC)).toContain("nothing was heard of 52:54:00:77:01:02");
  deliver(request);
  store();
  time.nowMs += 3_000;
  expect(engine.why(MAC))
    .toBe("ACK of 192.0.2.10, to boot snponly.efi (REQUEST on eth0, 3 s ago)");
  deliver(encodePacket({ ...discover, mac: OTHER }));
  expect(engine.why(OTHER)).toBe(
    "no reply: range 192.0.2.10-192.0.2.10 of 192.0.2.0/24 on eth0 is full (1/1) " +
      "(DISCOVER on eth0, 0 s ago)",
  );
});
