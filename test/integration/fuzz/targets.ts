import { answer } from "@/rack-agent/protocol/dhcp/answer.ts";
import {
  discover,
  ip,
  renewing,
  selecting,
  stateOf,
  subnet,
} from "@/rack-agent/protocol/dhcp/answer_fixture.ts";
import { answerFile } from "@/rack-agent/protocol/http/file_answer.ts";
import { startTransfer, step } from "@/rack-agent/protocol/tftp/read_transfer.ts";
import { normaliseRequestPath } from "@/rack-agent/protocol/tftp/request_path.ts";
import { agreeOptions } from "@/rack-agent/protocol/tftp/transfer_options.ts";
import { decodeArpSender, encodeArpProbe } from "@/rack-agent/wire/dhcp/arp_packet.ts";
import { decodeOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { decodePacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { decodeRelayInformation } from "@/rack-agent/wire/dhcp/relay_information.ts";
import {
  decodeRequestHead,
  HEAD_BYTES_MAX,
  headBytes,
} from "@/rack-agent/wire/http/request_head.ts";
import { decodeEchoReply } from "@/rack-agent/wire/icmp/echo.ts";
import { decodeTftp } from "@/rack-agent/wire/tftp/packet.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import * as dhcpCaptures from "@/test/captures/dhcp_requests.ts";
import * as tftpCaptures from "@/test/captures/tftp_requests.ts";
import { hex } from "@/test/hex.ts";

/** A decoder and what is behind it. */
export interface FuzzTarget {
  /** Real input, to be damaged. */
  readonly seeds: readonly Uint8Array[];
  /**
   * Takes one packet; true when all the way was gone. Throws DecodeError for a packet that is
   * refused, and anything else for a fault.
   */
  readonly start: () => (bytes: Uint8Array, number: number) => boolean;
}

const field = (bytes: Uint8Array, offset: number) => ({ bytes, offset });

const relayInformation = hex("01 04 65 74 68 30 05 04 c6 33 64 00 0b 04 c6 33 64 01");

const dhcpSeeds = [
  ...Object.values(dhcpCaptures),
  ...[
    discover({ relayAddress: ip("198.51.100.1") }, { agentInformation: relayInformation }),
    renewing(ip("192.0.2.10")),
    selecting(ip("192.0.2.11")),
  ].map((packet) => encodePacket(packet)),
];

const text = (...lines: string[]) => new TextEncoder().encode([...lines, "", ""].join("\r\n"));

/** By the protocol that it speaks. */
export const FUZZ_TARGETS: Readonly<Record<string, FuzzTarget>> = {
  dhcp: { seeds: dhcpSeeds, start: answerDhcp },
  "dhcp-options": {
    seeds: dhcpSeeds.map((bytes) => bytes.subarray(240)), // behind the cookie
    start: () => (bytes) => {
      decodeOptions(field(bytes, 240), {
        file: field(bytes.subarray(0, 128), 108),
        serverName: field(bytes.subarray(0, 64), 44),
      });
      return true;
    },
  },
  "relay-information": {
    seeds: [relayInformation],
    start: () => (bytes) => {
      decodeRelayInformation(bytes);
      return true;
    },
  },
  arp: {
    seeds: [encodeArpProbe(parseMacAddress("52:54:00:12:34:56"), ip("192.0.2.10"))],
    start: () => (bytes) => {
      decodeArpSender(bytes);
      return true;
    },
  },
  icmp: {
    // From a kernel, as rack-agent/wire/icmp/echo.test.ts has it.
    seeds: [hex(`45 00 00 1c 91 c9 00 00 40 01 d4 6c 0a 51 00 09 0a 51 00 01
      00 00 d9 c9 26 35 00 01`)],
    start: () => (bytes) => {
      decodeEchoReply(bytes);
      return true;
    },
  },
  tftp: {
    seeds: [
      ...Object.values(tftpCaptures),
      hex("00 04 00 01"),
      hex("00 05 00 01 6e 00"),
      hex("00 03 00 01 01 02 03"),
    ],
    start: () => transferTftp,
  },
  http: {
    seeds: [
      text("GET /images/ab/squashfs HTTP/1.1", "Host: 192.0.2.1:5249", "Range: bytes=0-511"),
      text("HEAD /images/ab HTTP/1.0", "Connection: keep-alive", 'If-Range: "x"'),
      text("GET http://192.0.2.1/a HTTP/1.1", 'If-None-Match: "x"', "Content-Length: 0"),
    ],
    start: () => answerHttp,
  },
};

/** A site with three addresses, which packets share as if they came from one cable. */
function answerDhcp() {
  const state = stateOf([], [subnet]);
  return (bytes: Uint8Array, number: number) => {
    const request = decodePacket(bytes);
    const decided = answer(request, { interfaceName: "eth0" }, state, number);
    if (decided.kind !== "reply") return false;
    const { maxMessageBytes, parameterRequestList } = request.options;
    const reply = encodePacket(decided.reply, maxMessageBytes, parameterRequestList);
    if (reply.length > 1_472) throw new Error(`a reply of ${reply.length} bytes`);
    readBack(reply);
    if (decided.commit) state.book.apply(decided.commit);
    if ([...state.book.leases(0)].length > 3) throw new Error("more leases than addresses");
    return true;
  };
}

/** What we write, we can read. */
function readBack(reply: Uint8Array): void {
  try {
    decodePacket(reply);
  } catch (cause) {
    throw new Error("our own reply cannot be read", { cause });
  }
}

function transferTftp(bytes: Uint8Array): boolean {
  const packet = decodeTftp(bytes);
  if (packet.kind !== "read") return false;
  const path = normaliseRequestPath(packet.path);
  if (path?.split("/").includes("..")) throw new Error(`${path} leads out`);
  const terms = agreeOptions(packet.options, { fileBytes: 100_000, pathMtuBytes: 1_500 });
  const { blockBytes, windowBlocks, timeoutMs } = terms;
  const areSane = blockBytes >= 8 && blockBytes <= 1_468 && windowBlocks >= 1 &&
    windowBlocks <= 64 && timeoutMs >= 1_000 && timeoutMs <= 255_000;
  if (!areSane) throw new Error(JSON.stringify(terms));
  const first = startTransfer(100_000, terms, 0);
  if (first.kind === "send") step(first.transfer, { kind: "ack", number: bytes.length }, 1);
  return true;
}

function answerHttp(bytes: Uint8Array): boolean {
  const length = headBytes(bytes);
  if (length === undefined) return false; // it waits for more
  if (length > HEAD_BYTES_MAX) throw new Error(`${length} bytes of head`);
  const { headers } = decodeRequestHead(bytes.subarray(0, length));
  const header = (name: string) => headers.get(name) ?? null;
  const { first, bytes: part } = answerFile({
    ifNoneMatch: header("if-none-match"),
    ifRange: header("if-range"),
    range: header("range"),
  }, { bytes: 1_000, etag: "x" });
  if (first < 0 || part < 0 || first + part > 1_000) throw new Error(`${first} + ${part}`);
  return true;
}
