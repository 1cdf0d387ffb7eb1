import { expect, test, vi } from "vitest";
import { answer } from "@/rack-agent/protocol/dhcp/answer.ts";
import {
  discover,
  ip,
  renewing,
  selecting,
  stateOf,
  subnet,
} from "@/rack-agent/protocol/dhcp/answer_fixture.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { decodePacket, encodePacket } from "@/rack-agent/wire/dhcp/packet.ts";
import * as captures from "@/test/captures/dhcp_requests.ts";
import { hex } from "@/test/hex.ts";

/** More of them take longer: a release is tried with ten million. */
const PACKETS = Number(Deno.env.get("RACKWRIGHT_DHCP_FUZZ") ?? 200_000);
const SEED = Number(Deno.env.get("RACKWRIGHT_DHCP_SEED") ?? Date.now() % 2 ** 31);
const CHANGES_MAX = 8;

vi.setConfig({ testTimeout: 60_000 + PACKETS });

const relayed = discover({ relayAddress: ip("198.51.100.1") }, {
  agentInformation: hex("01 04 65 74 68 30 05 04 c6 33 64 00 0b 04 c6 33 64 01"),
});
const seeds = [
  ...Object.values(captures),
  ...[relayed, renewing(ip("192.0.2.10")), selecting(ip("192.0.2.11"))].map((packet) =>
    encodePacket(packet)
  ),
];

test(`${PACKETS} damaged packets are answered, passed over or refused as damaged (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const state = stateOf([], [subnet]);
  let refused = 0;
  let answered = 0;
  for (let i = 0; i < PACKETS; i++) {
    const bytes = damaged(seeds[random(seeds.length)] ?? new Uint8Array(0), random);
    try {
      const request = decodePacket(bytes);
      const decided = answer(request, { interfaceName: "eth0" }, state, i);
      if (decided.kind !== "reply") continue;
      const { maxMessageBytes, parameterRequestList } = request.options;
      const reply = encodePacket(decided.reply, maxMessageBytes, parameterRequestList);
      expect(reply.length).toBeLessThanOrEqual(1_472);
      decodePacket(reply);
      if (decided.commit) state.book.apply(decided.commit);
      answered += 1;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw new Error(hexOf(bytes), { cause: error });
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(PACKETS / 100); // else nothing was damaged
  expect(answered).toBeGreaterThan(PACKETS / 100); // else nothing was reached
  expect([...state.book.leases(0)].length).toBeLessThanOrEqual(3); // the range has three addresses
});

function damaged(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  const cut = random(4) === 0 ? random(seed.length) : seed.length;
  const bytes = seed.slice(0, cut);
  if (bytes.length === 0) return bytes;
  for (let change = random(CHANGES_MAX); change > 0; change--) {
    const inOptions = bytes.length > 240 && random(3) > 0;
    const at = inOptions ? 240 + random(bytes.length - 240) : random(bytes.length);
    bytes[at] = random(256);
  }
  return bytes;
}

/** Small, quick and the same everywhere for a seed: mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
