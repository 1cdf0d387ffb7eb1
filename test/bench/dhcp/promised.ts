import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import {
  decodePacket,
  encodePacket,
  MESSAGE_TYPE,
  NO_ADDRESS,
} from "@/rack-agent/wire/dhcp/packet.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/**
 * Reads `MAC ADDRESS` lines, each a promise that is in force, and asks for the address at once. Writes
 * how many were offered something else. As a program: `RELAY SERVER`.
 *
 * Where promises come faster than they can be asked for, only the newest is: an older one may have
 * been changed again.
 */
const relay = parseIpv4(Deno.args[0] ?? "");
const server = { address: parseIpv4(Deno.args[1] ?? ""), port: 67 };
const ANSWER_MS = 2_000;

const socket = UdpSocket.open({ address: relay, port: 67 });
const poller = new Poller();
let asked = 0;
let stale = 0;
let unanswered = 0;
let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  const newest = lines.findLast((line) => /^\S+ \S+$/.test(line));
  if (newest) await ask(newest);
}
console.log(JSON.stringify({ asked, stale, unanswered }));
socket.close();
poller.close();

async function ask(line: string): Promise<void> {
  const [mac, address] = line.split(" ");
  if (!mac || !address) return;
  asked += 1;
  socket.send(
    encodePacket({
      op: "request",
      hardwareType: 1,
      hops: 1,
      transactionId: asked,
      secs: 0,
      wantsBroadcast: false,
      clientAddress: NO_ADDRESS,
      yourAddress: NO_ADDRESS,
      serverAddress: NO_ADDRESS,
      relayAddress: relay,
      mac: parseMacAddress(mac),
      serverName: "",
      bootFile: "",
      options: { messageType: MESSAGE_TYPE.discover },
    }),
    server,
  );
  const endMs = performance.now() + ANSWER_MS;
  while (performance.now() < endMs) {
    await poller.wait([socket.fd], 100);
    for (let got = socket.receive(); got; got = socket.receive()) {
      const reply = decodePacket(got.bytes);
      if (reply.transactionId !== asked) continue;
      if (reply.yourAddress !== address) stale += 1;
      return;
    }
  }
  unanswered += 1;
}
