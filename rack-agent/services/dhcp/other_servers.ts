import { Poller } from "@/rack-agent/runtime/libc_poll.ts";
import { UdpSocket } from "@/rack-agent/runtime/libc_socket.ts";
import {
  decodePacket,
  type DhcpPacket,
  encodePacket,
  MESSAGE_TYPE,
  NO_ADDRESS,
} from "@/rack-agent/wire/dhcp/packet.ts";
import { parseIpv4 } from "@/shared/net/ipv4.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";

const CLIENT_PORT = 68;
const SERVER_PORT = 67;
const EVERYBODY = parseIpv4("255.255.255.255");
/** dnsmasq looks for three seconds whether an address is free before it offers that. */
const LISTEN_MS = 5_000;

/**
 * Who answers a question for an address on an interface, but for this host's own addresses.
 *
 * The question is never followed by a request, so no address is taken. Takes five seconds, less when
 * `signal` ends it. Throws DomainError `unavailable` without the right to listen on port 68.
 */
export async function otherDhcpServers(
  interfaceName: string,
  own: ReadonlySet<string>,
  transactionId: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const socket = UdpSocket.open({ address: NO_ADDRESS, port: CLIENT_PORT, interfaceName });
  const poller = new Poller();
  const servers = new Set<string>();
  const wake = () => poller.wake();
  signal?.addEventListener("abort", wake);
  try {
    const mac = parseMacAddress(
      (await Deno.readTextFile(`/sys/class/net/${interfaceName}/address`)).trim(),
    );
    socket.send(encodePacket(question(mac, transactionId)), {
      address: EVERYBODY,
      port: SERVER_PORT,
    });
    const untilMs = performance.now() + LISTEN_MS;
    for (let leftMs = LISTEN_MS; leftMs > 0; leftMs = untilMs - performance.now()) {
      if (signal?.aborted) break;
      if ((await poller.wait([socket.fd], leftMs)).length === 0) continue;
      for (let got = socket.receive(); got; got = socket.receive()) {
        const server = offererOf(got.bytes, transactionId) ?? got.source.address;
        if (isOffer(got.bytes, transactionId) && !own.has(server)) servers.add(server);
      }
    }
  } finally {
    signal?.removeEventListener("abort", wake);
    socket.close();
    poller.close();
  }
  return [...servers].sort();
}

function question(mac: MacAddress, transactionId: number): DhcpPacket {
  return {
    op: "request",
    hardwareType: 1,
    hops: 0,
    transactionId,
    secs: 0,
    wantsBroadcast: true,
    clientAddress: NO_ADDRESS,
    yourAddress: NO_ADDRESS,
    serverAddress: NO_ADDRESS,
    relayAddress: NO_ADDRESS,
    mac,
    serverName: "",
    bootFile: "",
    options: { messageType: MESSAGE_TYPE.discover },
  };
}

function isOffer(bytes: Uint8Array, transactionId: number): boolean {
  return decoded(bytes, transactionId)?.options.messageType === MESSAGE_TYPE.offer;
}

function offererOf(bytes: Uint8Array, transactionId: number): string | undefined {
  return decoded(bytes, transactionId)?.options.serverId;
}

function decoded(bytes: Uint8Array, transactionId: number): DhcpPacket | undefined {
  try {
    const packet = decodePacket(bytes);
    return packet.op === "reply" && packet.transactionId === transactionId ? packet : undefined;
  } catch {
    return undefined; // noise on port 68 is nobody's offer
  }
}
