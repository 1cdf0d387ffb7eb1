import { BlockingPoller } from "@/rack-agent/runtime/libc_wait.ts";
import { ReceiveBatch } from "@/rack-agent/runtime/libc_batch.ts";
import { ReplyBatch } from "@/rack-agent/runtime/libc_reply_batch.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { encodePacket, MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import { ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { formatMacAddress } from "@/shared/net/mac_address.ts";

/**
 * Machines behind a relay, as a program: `{relay, server, machines, outstanding, seconds, rate,
 * rounds, againMs}` as JSON. Each goes through DISCOVER, OFFER, REQUEST and ACK, again and again, and every
 * answer is checked. Writes one line of JSON when the seconds, or the rounds, are over.
 *
 * `rate` 0: as many at once as `outstanding` says, always. Else so many begin each second.
 */
export interface LoadOptions {
  readonly relay: string;
  readonly server: string;
  readonly machines: number;
  readonly outstanding: number;
  readonly seconds: number;
  readonly rate: number;
  /** 0: until the seconds are over. */
  readonly rounds: number;
  /** Who has no answer asks again after this long. */
  readonly againMs: number;
}

export interface LoadResult {
  /** Machines served, DISCOVER to ACK. */
  readonly completed: number;
  readonly seconds: number;
  /** DISCOVER to ACK. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Asked again without an answer. */
  readonly resent: number;
  /** Could not begin in time because too many were under way. */
  readonly late: number;
  /** Answers that were wrong, by what was. */
  readonly wrong: Readonly<Record<string, number>>;
}

const SERVER_PORT = 67;
const BATCH = 256;
const PACKET_BYTES = 300;
const AT = { op: 0, transactionId: 4, yourAddress: 16, mac: 28, options: 240 } as const;

const options = JSON.parse(Deno.args[0] ?? "{}") as LoadOptions; // of our own bench
const socket = UdpSocket.open({ address: parseIpv4(options.relay), port: SERVER_PORT });
const server = ipv4ToNumber(parseIpv4(options.server));
const incoming = new ReceiveBatch(BATCH, 1_536);
const outgoing = new ReplyBatch(BATCH, 512);
const poller = new BlockingPoller();
poller.watch([socket.fd]);

const discover = template(MESSAGE_TYPE.discover);
const request = template(MESSAGE_TYPE.request);
const requestedAt = optionAt(request, 50);
const discoverView = new DataView(discover.buffer);
const requestView = new DataView(request.buffer);

/** By machine: when it began, when it last asked, and the address that it was offered. */
const beganMs = new Float64Array(options.machines);
const askedMs = new Float64Array(options.machines);
const offered = new Uint32Array(options.machines);
const addressOf = new Uint32Array(options.machines);
const ownerOf = new Map<number, number>();
const busy = new Set<number>();
const tookMs: number[] = [];
const wrong: Record<string, number> = {};
let next = 0;
let completed = 0;
let resent = 0;
let late = 0;

const startMs = performance.now();
const endMs = startMs + options.seconds * 1_000;
const toBegin = options.rounds > 0 ? options.rounds * options.machines : Infinity;
let begun = 0;
let lookMs = startMs + options.againMs / 4;
while (performance.now() < endMs && (begun < toBegin || busy.size > 0)) turn();
const seconds = (performance.now() - startMs) / 1_000;
const sorted = Float64Array.from(tookMs).sort();
const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
const result: LoadResult = {
  completed,
  seconds,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  resent,
  late,
  wrong,
};
console.log(JSON.stringify(result));
socket.close();

function turn(): void {
  begin();
  outgoing.flush(socket.fd);
  poller.wait(options.rate > 0 ? 1 : Math.min(50, options.againMs));
  for (let count = BATCH; count === BATCH;) {
    count = incoming.receive(socket.fd);
    for (let i = 0; i < count; i++) receive(incoming.datagram(i));
  }
  const nowMs = performance.now();
  if (nowMs < lookMs) return;
  lookMs = nowMs + options.againMs / 4;
  for (const machine of busy) {
    if (nowMs - (askedMs[machine] ?? 0) < options.againMs) continue;
    resent += 1;
    offered[machine] = 0;
    ask(machine, nowMs);
  }
}

function begin(): void {
  const nowMs = performance.now();
  const due = options.rate > 0
    ? Math.floor(((nowMs - startMs) * options.rate) / 1_000) - begun
    : options.outstanding - busy.size;
  for (let i = 0; i < due && begun < toBegin; i++) {
    if (busy.size >= options.outstanding) {
      late += options.rate > 0 ? 1 : 0;
      begun += options.rate > 0 ? 1 : 0;
      continue;
    }
    const machine = next;
    next = (next + 1) % options.machines;
    if (busy.has(machine)) continue;
    begun += 1;
    busy.add(machine);
    offered[machine] = 0;
    beganMs[machine] = nowMs;
    ask(machine, nowMs);
  }
}

/** DISCOVER, or REQUEST once there is an offer. */
function ask(machine: number, nowMs: number): void {
  askedMs[machine] = nowMs;
  const address = offered[machine] ?? 0;
  const packet = address === 0 ? discover : request;
  const view = address === 0 ? discoverView : requestView;
  view.setUint32(AT.transactionId, machine);
  view.setUint32(AT.mac + 2, machine);
  if (address !== 0) view.setUint32(requestedAt, address);
  if (outgoing.isFull) outgoing.flush(socket.fd);
  outgoing.addDatagram(packet, server, SERVER_PORT);
}

function receive(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = view.getUint32(AT.transactionId);
  const address = view.getUint32(AT.yourAddress);
  if (bytes[AT.op] !== 2 || view.getUint32(AT.mac + 2) !== machine) return count("not for us");
  if (!busy.has(machine)) return; // to a question asked twice
  const type = bytes[optionAt(bytes, 53)];
  if (view.getUint32(optionAt(bytes, 54)) !== server) count("another server id");
  if (offered[machine] === 0) {
    if (type !== MESSAGE_TYPE.offer) return count(`message type ${type}, not an offer`);
    if (optionAt(bytes, 51) === 0) count("an offer without a lease time");
    offered[machine] = address;
    return ask(machine, performance.now());
  }
  if (type === MESSAGE_TYPE.offer) return; // a second one, to a question asked twice
  if (type !== MESSAGE_TYPE.ack) return count(`message type ${type}, not an ack`);
  if (address !== offered[machine]) count("another address than was offered");
  const before = addressOf[machine];
  if (before !== 0 && before !== address) count("another address than before");
  const owner = ownerOf.get(address);
  if (owner !== undefined && owner !== machine) count("an address of another machine");
  addressOf[machine] = address;
  ownerOf.set(address, machine);
  busy.delete(machine);
  completed += 1;
  tookMs.push(performance.now() - (beganMs[machine] ?? 0));
}

function count(what: string): void {
  wrong[what] = (wrong[what] ?? 0) + 1;
}

/** Where the value of an option begins; 0 when there is none. */
function optionAt(bytes: Uint8Array, code: number): number {
  for (let at: number = AT.options; at < bytes.length && bytes[at] !== 255;) {
    if (bytes[at] === code) return at + 2;
    at += bytes[at] === 0 ? 1 : 2 + (bytes[at + 1] ?? 0);
  }
  return 0;
}

function template(messageType: number): Uint8Array<ArrayBuffer> {
  const isRequest = messageType === MESSAGE_TYPE.request;
  const packet = encodePacket({
    op: "request",
    hardwareType: 1,
    hops: 1,
    transactionId: 0,
    secs: 0,
    wantsBroadcast: false,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    serverAddress: NO_ADDRESS,
    relayAddress: parseIpv4(options.relay),
    mac: formatMacAddress(Uint8Array.of(0x52, 0x54, 0, 0, 0, 0)),
    serverName: "",
    bootFile: "",
    options: {
      messageType,
      serverId: isRequest ? parseIpv4(options.server) : undefined,
      requestedAddress: isRequest ? NO_ADDRESS : undefined,
      parameterRequestList: [1, 3, 6, 15, 51, 54],
    },
  });
  const bytes = new Uint8Array(new ArrayBuffer(PACKET_BYTES));
  bytes.set(packet);
  return bytes;
}
