import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import {
  decodePacket,
  type DhcpPacket,
  encodePacket,
  MESSAGE_TYPE,
  NO_ADDRESS,
} from "@/rack-agent/wire/dhcp/packet.ts";
import { type Ipv4, parseIpv4 } from "@/shared/net/ipv4.ts";
import { formatMacAddress } from "@/shared/net/mac_address.ts";

/**
 * Machines behind a relay, as a program: `RELAY SERVER FIRST COUNT`. Each machine of the COUNT from
 * number FIRST on asks until it has a lease. Writes `MAC ADDRESS` for every ACK that comes in.
 */
const relay = parseIpv4(Deno.args[0] ?? "");
const server = parseIpv4(Deno.args[1] ?? "");
const [first = 0, count = 0] = Deno.args.slice(2).map(Number);
const OUTSTANDING = 16;
const AGAIN_MS = 200;

const socket = UdpSocket.open({ address: relay, port: 67 });
const poller = new Poller();
const waiting = Array.from({ length: count }, (_, i) => first + i);
const asking = new Map<number, { offer?: DhcpPacket; againMs: number }>();

while (waiting.length > 0 || asking.size > 0) {
  while (asking.size < OUTSTANDING && waiting.length > 0) {
    asking.set(waiting.shift() ?? 0, { againMs: 0 });
  }
  for (const [machine, state] of asking) {
    if (performance.now() < state.againMs) continue;
    state.againMs = performance.now() + AGAIN_MS;
    socket.send(encodePacket(requestOf(machine, state.offer)), { address: server, port: 67 });
  }
  await poller.wait([socket.fd], AGAIN_MS);
  for (let got = socket.receive(); got; got = socket.receive()) receive(decodePacket(got.bytes));
}
console.log("done");
socket.close();
poller.close();

function receive(reply: DhcpPacket): void {
  const machine = reply.transactionId;
  const state = asking.get(machine);
  if (!state) return;
  state.againMs = 0;
  if (reply.options.messageType === MESSAGE_TYPE.ack) {
    asking.delete(machine);
    console.log(`${reply.mac} ${reply.yourAddress}`);
  } else if (reply.options.messageType === MESSAGE_TYPE.offer) state.offer ??= reply;
  else state.offer = undefined;
}

function requestOf(machine: number, offer: DhcpPacket | undefined): DhcpPacket {
  const options = offer
    ? {
      messageType: MESSAGE_TYPE.request,
      serverId: offer.options.serverId,
      requestedAddress: offer.yourAddress,
    }
    : { messageType: MESSAGE_TYPE.discover };
  const none: Ipv4 = NO_ADDRESS;
  return {
    op: "request",
    hardwareType: 1,
    hops: 1,
    transactionId: machine,
    secs: 0,
    wantsBroadcast: false,
    clientAddress: none,
    yourAddress: none,
    serverAddress: none,
    relayAddress: relay,
    mac: formatMacAddress(Uint8Array.of(0x52, 0x54, 0, 1, machine >> 8, machine & 255)),
    serverName: "",
    bootFile: "",
    options,
  };
}
