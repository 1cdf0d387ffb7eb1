import { afterEach, beforeEach, expect, test } from "vitest";
import { IPXE_FIRST_PROGRAMS } from "@/rack-agent/protocol/dhcp/boot_options.ts";
import type { DhcpSubnet } from "@/rack-agent/protocol/dhcp/site.ts";
import { decodePacket, type DhcpPacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { parseCidr } from "@/shared/net/cidr.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { OVMF_PXE_DISCOVER } from "@/test/captures/dhcp_requests.ts";
import { DhcpService, type DhcpServiceDeps } from "./dhcp_service.ts";
import type { DhcpDatagram, DhcpReply, DhcpTransport } from "./dhcp_transport.ts";

const SERVER = parseIpv4("192.0.2.1");
const MAC = parseMacAddress("52:54:00:77:01:02"); // of the capture
const SUBNET: DhcpSubnet = {
  id: 1,
  interfaceName: "eth0",
  cidr: parseCidr("192.0.2.0/24"),
  serverAddress: SERVER,
  dnsServers: [],
  leaseSeconds: 600,
  ranges: [{ first: parseIpv4("192.0.2.10"), last: parseIpv4("192.0.2.20") }],
};
const CONFIG = { reservations: [], subnets: [SUBNET] };

/** A link without sockets: what a test puts on it comes in, what goes out can be awaited. */
class FakeTransport implements DhcpTransport {
  listening: readonly string[] = [];
  isClosed = false;
  refusal: Error | undefined;
  errno = 0;
  readonly #incoming: DhcpDatagram[] = [];
  readonly #sent: DhcpReply[] = [];
  #arrived = Promise.withResolvers<void>();
  #left = Promise.withResolvers<void>();
  #idle = Promise.withResolvers<void>();

  listenOn(interfaceNames: readonly string[]): { interfaceName: string; cause: unknown }[] {
    if (this.refusal) throw this.refusal;
    this.listening = interfaceNames;
    return [];
  }

  async next(): Promise<DhcpDatagram[]> {
    this.#idle.resolve();
    if (this.#incoming.length === 0) await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
    return this.#incoming.splice(0);
  }

  wake(): void {
    this.#arrived.resolve();
  }

  send(_interfaceName: string, reply: DhcpReply): number {
    if (this.isClosed) return 9; // EBADF
    this.#sent.push(reply);
    this.#left.resolve();
    return this.errno;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Brings packets in, and waits until the service has looked at them. */
  async deliver(...packets: Uint8Array[]): Promise<void> {
    this.#idle = Promise.withResolvers();
    this.#incoming.push(...packets.map((bytes) => ({ interfaceName: "eth0", bytes })));
    this.wake();
    await this.#idle.promise;
  }

  /** The next reply that was sent, or will be. */
  async reply(): Promise<DhcpReply & { packet: DhcpPacket }> {
    if (this.#sent.length === 0) await this.#left.promise;
    this.#left = Promise.withResolvers();
    const reply = this.#sent.shift();
    if (!reply) throw new Error("nothing was sent");
    return { ...reply, packet: decodePacket(reply.bytes) };
  }

  get unreadReplies(): number {
    return this.#sent.length;
  }
}

let folder = "";
let transport = new FakeTransport();
let events: unknown[] = [];
let nowMs = 0;
const services: DhcpService[] = [];

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  transport = new FakeTransport();
  events = [];
  nowMs = 1_000_000;
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await Deno.remove(folder, { recursive: true });
});

function serviceWith(deps: Partial<DhcpServiceDeps> = {}): DhcpService {
  const service = new DhcpService({
    leaseLogPath: `${folder}/leases.log`,
    boot: {
      firstPrograms: IPXE_FIRST_PROGRAMS,
      scriptUrl: ({ mac }) => `http://x/${mac}`,
      programUrl: (file) => `http://x/${file}`,
    },
    clock: { nowMs: () => nowMs, monoMs: () => nowMs },
    log: (event, fields) => events.push([event, fields]),
    onLease: (event) => events.push(event),
    onBootRequest: (event) => events.push(event),
    openTransport: () => transport,
    ...deps,
  });
  service.applyConfig(CONFIG);
  services.push(service);
  return service;
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

test("a machine is offered and given an address, and the hooks hear of it", async () => {
  const service = serviceWith();
  await service.start();
  expect(transport.listening).toEqual(["eth0"]);
  await transport.deliver(OVMF_PXE_DISCOVER);
  const offer = await transport.reply();
  expect(offer).toMatchObject({
    source: SERVER,
    destination: { kind: "broadcast" },
    packet: { yourAddress: "192.0.2.10", bootFile: "snponly.efi" },
  });
  expect(service.leases()).toEqual([]);
  await transport.deliver(request);
  expect((await transport.reply()).packet.options.messageType).toBe(5);
  const lease = { mac: MAC, ipv4: "192.0.2.10", subnetId: 1, atMs: nowMs };
  expect(events).toEqual([
    { kind: "given", ...lease },
    { kind: "pxe", mac: MAC, architecture: 7, firstProgram: "snponly.efi", atMs: nowMs },
  ]);
  expect(service.leaseOfIpv4(parseIpv4("192.0.2.10"))).toMatchObject(lease);
  expect(service.leasesOfMac(MAC)).toMatchObject([lease]);
  expect(service.counters).toEqual({ received: 2, answered: 2, dropped: {} });
});

test("the lease is in the file before the ACK leaves", async () => {
  let stored = "";
  const send = transport.send.bind(transport);
  transport.send = (name, reply) => {
    stored = Deno.readTextFileSync(`${folder}/leases.log`);
    return send(name, reply);
  };
  await serviceWith().start();
  await transport.deliver(request);
  await transport.reply();
  expect(stored).toContain(`"ipv4":"192.0.2.10"`);
});

test("leases survive a restart, as does what was configured", async () => {
  const service = serviceWith();
  await service.start();
  await transport.deliver(request);
  await transport.reply();
  await service.stop();
  expect(transport.isClosed).toBe(true);
  await service.stop();
  transport = new FakeTransport();
  await service.start();
  expect(service.leaseOfIpv4(parseIpv4("192.0.2.10"))).toMatchObject({ mac: MAC });
  const mac = parseMacAddress("52:54:00:77:01:09");
  await transport.deliver(encodePacket({ ...discover, mac }));
  expect((await transport.reply()).packet.yourAddress).toBe("192.0.2.11");
});

test("stop() still sends the ACK that waits for the disk", async () => {
  const service = serviceWith();
  await service.start();
  await transport.deliver(request);
  await service.stop();
  expect(transport.unreadReplies).toBe(1);
});

test("no ACK leaves when the lease cannot be stored", async () => {
  const service = serviceWith();
  await service.start();
  const refused = Promise.withResolvers<void>();
  const syncData = Deno.FsFile.prototype.syncData;
  Deno.FsFile.prototype.syncData = () => {
    refused.resolve();
    return Promise.reject(new Error("disk failure"));
  };
  try {
    await transport.deliver(request);
    await refused.promise;
  } finally {
    Deno.FsFile.prototype.syncData = syncData;
  }
  await service.stop();
  expect(transport.unreadReplies).toBe(0);
  expect(service.counters).toMatchObject({ answered: 0, dropped: { "dhcp.not_stored": 1 } });
  expect(events).toMatchObject([["dhcp.not_stored", { mac: MAC }]]);
});

test("a configuration takes effect with the next packet; a wrong one changes nothing", async () => {
  const service = serviceWith();
  await service.start();
  const ipv4 = parseIpv4("192.0.2.99");
  service.applyConfig({ ...CONFIG, reservations: [{ mac: MAC, ipv4 }] });
  await transport.deliver(OVMF_PXE_DISCOVER);
  expect((await transport.reply()).packet.yourAddress).toBe(ipv4);
  const range = { first: parseIpv4("192.0.2.50"), last: parseIpv4("192.0.2.60") };
  service.applyConfig({ reservations: [], subnets: [{ ...SUBNET, ranges: [range] }] });
  await transport.deliver(OVMF_PXE_DISCOVER);
  expect((await transport.reply()).packet.yourAddress).toBe("192.0.2.50");
  const twice = [SUBNET, SUBNET];
  expect(() => service.applyConfig({ subnets: twice, reservations: [] })).toThrow("twice");
  await transport.deliver(OVMF_PXE_DISCOVER);
  expect((await transport.reply()).packet.yourAddress).toBe("192.0.2.50");
});

test("two machines are offered two addresses", async () => {
  await serviceWith().start();
  const mac = parseMacAddress("52:54:00:77:01:09");
  await transport.deliver(OVMF_PXE_DISCOVER, encodePacket({ ...discover, mac }));
  expect((await transport.reply()).packet.yourAddress).toBe("192.0.2.10");
  expect((await transport.reply()).packet.yourAddress).toBe("192.0.2.11");
});

test("what cannot be read, decided or sent is counted by reason, and logged once", async () => {
  const service = serviceWith({
    boot: {
      firstPrograms: {},
      scriptUrl: () => {
        throw new Error("no script");
      },
      programUrl: (file) => file,
    },
  });
  await service.start();
  const bootp = encodePacket({ ...discover, options: {} });
  const ipxe = encodePacket({ ...discover, options: { messageType: 1, userClasses: ["iPXE"] } });
  await transport.deliver(new Uint8Array(3), new Uint8Array(300), bootp, ipxe);
  transport.errno = 101;
  await transport.deliver(OVMF_PXE_DISCOVER);
  expect(service.counters).toEqual({
    received: 5,
    answered: 0,
    dropped: { "dhcp.malformed": 2, "dhcp.not_dhcp": 1, "dhcp.failed": 1, "dhcp.not_sent": 1 },
  });
  expect(events).toHaveLength(4);
});

test("a lease that runs out is told of within the next look around", async () => {
  const service = serviceWith();
  await service.start();
  await transport.deliver(request);
  await transport.reply();
  nowMs += 601_000;
  await transport.deliver(); // an idle turn
  expect(events.at(-1)).toMatchObject({ kind: "expired", mac: MAC });
  expect(service.leases()).toEqual([]);
});

test("start() rejects, holding nothing, when there can be no sockets", async () => {
  const service = serviceWith();
  transport.refusal = new Error("not permitted");
  await expect(service.start()).rejects.toThrow("not permitted");
  expect(transport.isClosed).toBe(true);
  transport.refusal = undefined;
  await service.start();
});
