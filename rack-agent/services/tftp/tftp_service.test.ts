import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeTftp, encodeTftp, type TftpPacket } from "@/rack-agent/wire/tftp/packet.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import type { TftpFile } from "./tftp_messages.ts";
import { TftpService, type TftpServiceDeps } from "./tftp_service.ts";

const LOOPBACK = parseIpv4("127.0.0.1");
const bytes = (file: Uint8Array): Promise<TftpFile> =>
  Promise.resolve({ kind: "bytes", bytes: file });
const FILE = Uint8Array.from({ length: 1_300 }, (_, i) => i % 251);

/** A TFTP client that does only what a test tells it. */
class Client {
  readonly #socket: Socket = createSocket("udp4");
  readonly #packets: { packet: TftpPacket; port: number }[] = [];
  readonly #seen = new Set<string>();
  #arrived = Promise.withResolvers<void>();

  constructor() {
    this.#socket.on("message", (bytes, { port }) => {
      this.#packets.push({ packet: decodeTftp(Uint8Array.from(bytes)), port });
      this.#arrived.resolve();
    });
  }

  send(packet: TftpPacket | Uint8Array, port: number): void {
    const bytes = packet instanceof Uint8Array ? packet : encodeTftp(packet);
    this.#socket.send(bytes, port, LOOPBACK);
  }

  /** The next packet that has not come before: a busy host makes the service send some again. */
  async next(): Promise<{ packet: TftpPacket; port: number }> {
    for (;;) {
      const next = await this.nextOfAll();
      const text = JSON.stringify(next);
      if (this.#seen.has(text)) continue;
      this.#seen.add(text);
      return next;
    }
  }

  async nextOfAll(): Promise<{ packet: TftpPacket; port: number }> {
    while (this.#packets.length === 0) {
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    const next = this.#packets.shift();
    if (!next) throw new Error("nothing came");
    return next;
  }

  get unread(): number {
    return this.#packets.length;
  }

  close(): void {
    this.#socket.close();
  }
}

let service: TftpService;
let client: Client;
let served: unknown[] = [];
let port = 0;
const clients: Client[] = [];

beforeEach(async () => {
  served = [];
  client = newClient();
  await serve();
});
afterEach(async () => {
  await service.stop();
  for (const one of clients.splice(0)) one.close();
});

function newClient(): Client {
  const made = new Client();
  clients.push(made);
  return made;
}

async function serve(deps: Partial<TftpServiceDeps> = {}): Promise<void> {
  port = freePort();
  service = new TftpService({
    routes: [
      { name: "none", match: () => Promise.resolve(undefined) },
      { name: "one", match: (path) => path === "a/b" ? bytes(FILE) : Promise.resolve(undefined) },
    ],
    log: () => {},
    onServed: (event) => served.push(event),
    port,
    ...deps,
  });
  service.applyAddresses([LOOPBACK]);
  await service.start();
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  listener.close();
  return listener.addr.port;
}

const read = (path: string, options = {}, mode = "octet") =>
  ({ kind: "read", path, mode, options }) as const;
const ack = (block: number) => ({ kind: "ack", block }) as const;

/** Takes a file block by block, confirming each. */
async function fetchFile(from: Client, request: TftpPacket): Promise<Uint8Array> {
  from.send(request, port);
  const received: number[] = [];
  for (;;) {
    const { packet, port: transferPort } = await from.next();
    if (packet.kind === "oack") {
      from.send(ack(0), transferPort);
      continue;
    }
    if (packet.kind !== "data") throw new Error(JSON.stringify(packet));
    received.push(...packet.payload);
    from.send(ack(packet.block), transferPort);
    if (packet.payload.length < 512) return Uint8Array.from(received);
  }
}

test("a file is served whole, and onServed() hears of it", async () => {
  expect(await fetchFile(client, read("/a/b"))).toEqual(FILE);
  expect(await fetchFile(client, read("a\\b", { tsize: "0" }))).toEqual(FILE);
  await until(() => served.length === 2);
  expect(served).toMatchObject([
    { path: "a/b", bytes: 1_300, client: { address: LOOPBACK } },
    { path: "a/b", bytes: 1_300 },
  ]);
  await until(() => service.counters.served === 2);
  expect(service.counters.dropped).toEqual({});
});

test("netascii is translated", async () => {
  const text = Uint8Array.of(0x61, 0x0a);
  await service.stop();
  await serve({ routes: [{ name: "text", match: () => bytes(text) }] });
  expect(await fetchFile(client, read("t", {}, "netascii"))).toEqual(
    Uint8Array.of(0x61, 0x0d, 0x0a),
  );
});

const refusals: [what: string, request: TftpPacket, code: number, reason: string][] = [
  ["an unknown file", read("nope"), 1, "tftp.file_not_found"],
  ["a path that leads out", read("../a/b"), 1, "tftp.file_not_found"],
  ["a write", { kind: "write", path: "a", mode: "octet", options: {} }, 2, "tftp.write_refused"],
  ["another mode", read("a/b", {}, "mail"), 4, "tftp.mode_refused"],
];
for (const [what, request, code, reason] of refusals) {
  test(`${what} is refused with error ${code}`, async () => {
    client.send(request, port);
    expect((await client.next()).packet).toMatchObject({ kind: "error", code });
    await dropped({ [reason]: 1 });
  });
}

test("a route that fails is an error to the client, not to the service", async () => {
  await service.stop();
  await serve({ routes: [{ name: "bad", match: () => Promise.reject(new Error("disk")) }] });
  client.send(read("a"), port);
  expect((await client.next()).packet).toMatchObject({ kind: "error", code: 0 });
  await dropped({ "tftp.file_unavailable": 1 });
});

test("noise and packets that are no requests get no answer, and the next is served", async () => {
  client.send(Uint8Array.of(0), port);
  client.send(Uint8Array.of(0, 9, 1, 2), port);
  client.send(Uint8Array.of(0, 1, 0x61), port);
  client.send(ack(1), port);
  expect(await fetchFile(client, read("a/b"))).toEqual(FILE);
  await dropped({ "tftp.malformed": 3, "tftp.not_a_request": 1 });
});

test("a stranger's packet to a transfer gets error 5, and the transfer goes on", async () => {
  client.send(read("a/b"), port);
  const first = await client.next();
  const stranger = newClient();
  stranger.send(ack(1), first.port);
  expect((await stranger.next()).packet).toMatchObject({ kind: "error", code: 5 });
  stranger.send({ kind: "error", code: 5, message: "" }, first.port); // never answered
  client.send(ack(1), first.port);
  expect((await client.next()).packet).toMatchObject({ kind: "data", block: 2 });
  await dropped({ "tftp.unknown_transfer": 2 });
  expect(stranger.unread).toBe(0);
});

test("a request sent twice is one transfer, a new one from the same port replaces it", async () => {
  client.send(read("a/b"), port);
  client.send(read("a/b"), port);
  const first = await client.next();
  client.send(ack(1), first.port);
  expect((await client.next()).packet).toMatchObject({ block: 2 });
  client.send(read("a/b", { tsize: "0" }), port); // begun anew: progress was made
  const second = await client.next();
  expect(second.packet).toMatchObject({ kind: "oack" });
  expect(second.port).not.toBe(first.port);
  client.send(ack(2), first.port);
  expect((await client.next()).packet).toMatchObject({ kind: "error", code: 5 });
});

test("transfers come from the configured ports", async () => {
  await service.stop();
  const first = freePort();
  await serve({ transferPorts: { first, last: first + 20 } });
  for (const one of Array.from({ length: 10 }, newClient)) {
    one.send(read("a/b"), port);
    const { port: from } = await one.next();
    expect(from >= first && from <= first + 20).toBe(true);
  }
});

test("a window is sent at once, and the rest after one ACK", async () => {
  client.send(read("a/b", { blksize: "100", windowsize: "8" }), port);
  const { packet, port: from } = await client.next();
  expect(packet).toMatchObject({ options: { blksize: "100", windowsize: "8" } });
  client.send(ack(0), from);
  const blocks: number[] = [];
  const bytes: number[] = [];
  const take = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const { packet } = await client.next();
      if (packet.kind !== "data") throw new Error(JSON.stringify(packet));
      blocks.push(packet.block);
      bytes.push(...packet.payload);
    }
  };
  await take(8);
  client.send(ack(8), from);
  await take(6);
  client.send(ack(14), from);
  expect(blocks).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(Uint8Array.from(bytes)).toEqual(FILE);
  await until(() => served.length === 1);
});

test("one client has at most 256 transfers; others are still served", async () => {
  const many = Array.from({ length: 257 }, newClient);
  for (const [i, one] of many.entries()) {
    one.send(read("a/b"), port);
    if (i < 256) await one.next();
  }
  await until(() => service.counters.received === 257);
  await dropped({ "tftp.too_many_transfers": 1 });
});

test("what is not confirmed is sent again", async () => {
  client.send(read("a/b", { timeout: "1" }), port);
  const first = await client.nextOfAll();
  expect(await client.nextOfAll()).toEqual(first);
});

test("start, stop, start again leaves nothing open", async () => {
  const before = openFiles();
  for (let i = 0; i < 3; i += 1) {
    await service.stop();
    await service.start();
    expect(openFiles()).toBe(before);
  }
  expect(await fetchFile(client, read("a/b"))).toEqual(FILE);
  await service.stop();
  await service.stop();
  expect(openFiles()).toBe(before - 10); // request socket, 8 transfer sockets, eventfd
});

test("start() rejects, holding nothing, when the port is taken", async () => {
  const before = openSockets();
  const second = new TftpService({ routes: [], log: () => {}, port });
  second.applyAddresses([LOOPBACK]);
  for (let i = 0; i < 5; i += 1) {
    await expect(second.start()).rejects
      .toThrow(`bind to 127.0.0.1 port ${port} failed: EADDRINUSE`);
  }
  expect(openSockets()).toBeLessThan(before + 5); // the runtime has sockets that come and go
});

/** Event descriptors and UDP sockets of this process on 127.0.0.1, which only the service has. */
function openFiles(): number {
  const links = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => linkOf(name));
  const sockets = Deno.readTextFileSync("/proc/net/udp").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.startsWith("0100007F:"))
    .map((fields) => `socket:[${fields[9]}]`);
  return links.filter((link) => link.includes("eventfd") || sockets.includes(link)).length;
}

/** Sockets and event descriptors of this process, bound or not. */
function openSockets(): number {
  const links = [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => linkOf(name));
  return links.filter((link) => /eventfd|socket:/.test(link)).length;
}

function linkOf(fd: string): string[] {
  try {
    return [Deno.readLinkSync(`/proc/self/fd/${fd}`)];
  } catch {
    return []; // the descriptor of the folder just read
  }
}

/** The counters come from another thread, a fraction of a second later. */
async function dropped(expected: Record<string, number>): Promise<void> {
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  await until(() => sum(service.counters.dropped) >= sum(expected));
  expect(service.counters.dropped).toEqual(expected);
}

/** Waits for something the service does on its own, looking at every turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000 && !isSo(); turns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  expect(isSo()).toBe(true);
}
