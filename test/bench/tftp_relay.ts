import { ReceiveBatch } from "@/rack-agent/runtime/libc_batch.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import { BlockingPoller } from "@/rack-agent/runtime/libc_wait.ts";
import { ipv4FromNumber, parseIpv4 } from "@/shared/net/ipv4.ts";

/**
 * A TFTP server that passes everything on to another, late and not always:
 * `LISTEN UPSTREAM_LOCAL SERVER DELAY_MS LOSS_RATE`, the delay for one way.
 *
 * Each client gets a socket towards it and one towards the server, so that transfer ids stay apart.
 * SIGTERM prints how many bytes of payload the server sent.
 */
const SLOTS = 64;
const SLOT_BYTES = 1_600;
const TFTP_PORT = 69;

const [listen = "", upstreamLocal = "", server = "", delay = "0", loss = "0"] = Deno.args;
const delayMs = Number(delay);
const lossRate = Number(loss);
const incoming = new ReceiveBatch(SLOTS, SLOT_BYTES);

interface Flow {
  readonly down: UdpSocket;
  readonly up: UdpSocket;
  readonly client: { address: ReturnType<typeof parseIpv4>; port: number };
  serverPort: number;
}

interface Late {
  readonly dueMs: number;
  readonly bytes: Uint8Array;
  readonly socket: UdpSocket;
  readonly to: { address: ReturnType<typeof parseIpv4>; port: number };
}

const door = UdpSocket.open({ address: parseIpv4(listen), port: TFTP_PORT });
const flows = new Map<string, Flow>();
const queue: Late[] = [];
let queueStart = 0;
let serverBytes = 0;
let seed = 1;
const poller = new BlockingPoller();
let watched: { socket: UdpSocket; flow?: Flow }[] = [];

/** The same losses in every run. */
function isLost(): boolean {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647 < lossRate;
}

function watch(): void {
  watched = [
    { socket: door },
    ...[...flows.values()].flatMap((flow) => [
      { socket: flow.down, flow },
      { socket: flow.up, flow },
    ]),
  ];
  poller.watch(watched.map(({ socket }) => socket.fd));
}

function flowOf(slot: number): Flow {
  const client = { address: ipv4FromNumber(incoming.addressOf(slot)), port: incoming.portOf(slot) };
  const key = `${client.address}:${client.port}`;
  const known = flows.get(key);
  if (known) return known;
  const down = UdpSocket.open({ address: parseIpv4(listen), port: 0 });
  const up = UdpSocket.open({ address: parseIpv4(upstreamLocal), port: 0 });
  const flow: Flow = { down, up, client, serverPort: TFTP_PORT };
  flows.set(key, flow);
  watch();
  return flow;
}

function pass({ socket, flow }: { socket: UdpSocket; flow?: Flow }): void {
  const count = incoming.receive(socket.fd);
  const dueMs = performance.now() + delayMs;
  for (let slot = 0; slot < count; slot++) {
    const bytes = incoming.datagram(slot).slice();
    const to = flow ?? flowOf(slot);
    const isFromServer = socket === to.up;
    if (isFromServer) {
      to.serverPort = incoming.portOf(slot);
      serverBytes += bytes.length - 4;
    }
    if (isLost()) continue;
    const late = isFromServer
      ? { dueMs, bytes, socket: to.down, to: to.client }
      : { dueMs, bytes, socket: to.up, to: { address: parseIpv4(server), port: to.serverPort } };
    queue.push(late);
  }
}

function sendDue(): void {
  const nowMs = performance.now();
  for (; queueStart < queue.length; queueStart++) {
    const late = queue[queueStart];
    if (!late || late.dueMs > nowMs) break;
    late.socket.send(late.bytes, late.to);
  }
  if (queueStart > 4_096) queue.splice(0, queueStart), queueStart = 0;
}

let isEnding = false;
Deno.addSignalListener("SIGTERM", () => isEnding = true);
watch();
console.log(JSON.stringify({ event: "ready" }));
for (let yieldMs = 0; !isEnding;) {
  // A timer's grain is a millisecond: while something is on its way, nobody sleeps.
  if (poller.wait(queueStart < queue.length ? 0 : 20) > 0) {
    watched.forEach((one, i) => poller.isReady(i) && pass(one));
  }
  sendDue();
  if (performance.now() < yieldMs) continue;
  yieldMs = performance.now() + 50;
  await new Promise((resolve) => setTimeout(resolve, 0)); // signals come in between
}
console.log(JSON.stringify({ serverBytes }));
Deno.exit(0);
