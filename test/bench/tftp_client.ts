import { ReceiveBatch, SendBatch } from "@/rack-agent/runtime/libc_batch.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { BlockingPoller } from "@/rack-agent/runtime/libc_wait.ts";
import { decodeTftp, encodeTftp } from "@/rack-agent/wire/tftp/packet.ts";
import { type Ipv4, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";

/**
 * TFTP clients that do nothing else: `LOCAL SERVER FILE CLIENTS WINDOW`, where window 1 asks for
 * none. They fetch the file all at once; the one line printed says how many bytes in how long.
 *
 * They follow RFC 7440 §4: a full window is confirmed, and at a gap what there is before it.
 */
const BLOCK_BYTES = 1_468;
const TFTP_PORT = 69;
const RESEND_MS = 1_000;
const SLOTS = 64;
const SLOT_BYTES = 1_600;
const GIVE_UP_MS = 120_000;
const DATA = 3;
const ACK = 4 * 65_536;

const [local = "", server = "", file = "", clients = "1", window = "1"] = Deno.args;
const windowBlocks = Number(window);
const serverAddress = parseIpv4(server);
const incoming = new ReceiveBatch(SLOTS, SLOT_BYTES);
const outgoing = new SendBatch(SLOTS, SLOTS * 2);

/** One transfer. */
class Client {
  readonly socket: UdpSocket;
  isDone = false;
  bytes = 0;
  #peerPort = 0;
  #window = 1;
  #blockBytes = 512;
  #received = 0;
  #inWindow = 0;
  #hasToldGap = false;
  #heardMs = performance.now();

  constructor(address: Ipv4) {
    this.socket = UdpSocket.open({ address, port: 0 });
  }

  ask(): void {
    const options = {
      blksize: String(BLOCK_BYTES),
      ...(windowBlocks > 1 ? { windowsize: window } : {}),
    };
    const request = encodeTftp({ kind: "read", path: file, mode: "octet", options });
    this.socket.send(request, { address: serverAddress, port: TFTP_PORT });
  }

  receive(): void {
    for (;;) {
      const count = incoming.receive(this.socket.fd);
      for (let slot = 0; slot < count; slot++) this.#take(slot);
      if (count < SLOTS) break;
    }
    outgoing.flush(this.socket.fd);
  }

  resendAfterSilence(nowMs: number): void {
    if (this.isDone || nowMs - this.#heardMs < RESEND_MS) return;
    this.#heardMs = nowMs;
    if (this.#peerPort === 0) return this.ask();
    this.#confirm();
    outgoing.flush(this.socket.fd);
  }

  #take(slot: number): void {
    if (this.#peerPort === 0) this.#peerPort = incoming.portOf(slot);
    if (incoming.view.getUint16(slot * SLOT_BYTES) === DATA) return this.#takeBlock(slot);
    const packet = decodeTftp(incoming.datagram(slot));
    if (packet.kind !== "oack") throw new Error(JSON.stringify(packet));
    this.#heardMs = performance.now();
    this.#window = Number(packet.options["windowsize"] ?? 1);
    this.#blockBytes = Number(packet.options["blksize"] ?? 512);
    this.#confirm();
  }

  #takeBlock(slot: number): void {
    const number = incoming.view.getUint16(slot * SLOT_BYTES + 2);
    if (number !== ((this.#received + 1) & 0xffff)) return this.#tellGap();
    this.#heardMs = performance.now();
    this.#hasToldGap = false;
    const bytes = incoming.bytesOf(slot) - 4;
    this.#received++;
    this.bytes += bytes;
    this.isDone = bytes < this.#blockBytes;
    if (++this.#inWindow >= this.#window || this.isDone) this.#confirm();
  }

  #tellGap(): void {
    if (this.isDone || this.#hasToldGap) return;
    this.#hasToldGap = this.#window > 1;
    this.#confirm();
  }

  #confirm(): void {
    this.#inWindow = 0;
    if (!outgoing.hasRoomFor(1)) outgoing.flush(this.socket.fd);
    outgoing.start(ipv4ToNumber(serverAddress), this.#peerPort);
    outgoing.addU32(ACK + (this.#received & 0xffff));
    outgoing.end();
  }
}

const all = Array.from({ length: Number(clients) }, () => new Client(parseIpv4(local)));
const poller = new BlockingPoller();
poller.watch(all.map(({ socket }) => socket.fd));
const startMs = performance.now();
for (const client of all) client.ask();
while (all.some(({ isDone }) => !isDone)) {
  if (performance.now() - startMs > GIVE_UP_MS) throw new Error("the transfers do not end");
  const ready = poller.wait(100);
  if (ready > 0) all.forEach((client, i) => poller.isReady(i) && client.receive());
  else for (const client of all) client.resendAfterSilence(performance.now());
}
const seconds = (performance.now() - startMs) / 1_000;
console.log(JSON.stringify({ bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), seconds }));
