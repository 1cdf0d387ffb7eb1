import { expect, test } from "vitest";
import { MESSAGE_TYPE } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { discover, ip, replyTo, selecting, stateOf, subnet } from "./answer_fixture.ts";

test("sixty machines over a lossy link all get an address of their own, from any seed", () => {
  for (let seed = 1; seed <= 20; seed += 1) simulateStorm(seed);
});

/** Machines that DISCOVER and REQUEST until they have a lease; a third of all packets is lost. */
function simulateStorm(seed: number): void {
  let chanceState = seed;
  const chance = () => (chanceState = (chanceState * 48_271) % 2_147_483_647) / 2_147_483_647;
  const range = [{ first: ip("192.0.2.10"), last: ip("192.0.2.69") }];
  const state = stateOf([], [{ ...subnet, ranges: range }]);
  const offered = new Map<number, Ipv4>();
  const bound = new Map<number, Ipv4>();
  for (let nowMs = 0; bound.size < 60; nowMs += 10) {
    if (nowMs > 600_000) throw new Error(`seed ${seed}: ${bound.size} of 60 after ten minutes`);
    const i = Math.floor(chance() * 60);
    if (bound.has(i)) continue;
    const mac = parseMacAddress(`52:54:00:00:00:${i.toString(16).padStart(2, "0")}`);
    const offer = offered.get(i);
    if (nowMs % 1_000 === 0) state.book.expire(nowMs);
    if (chance() < 0.33) continue; // the request is lost
    const reply = replyTo(state, offer ? selecting(offer, { mac }) : discover({ mac }), nowMs);
    if (chance() < 0.33) continue; // the reply is lost
    if (reply.options.messageType === MESSAGE_TYPE.offer) offered.set(i, reply.yourAddress);
    else if (reply.options.messageType === MESSAGE_TYPE.ack) bound.set(i, reply.yourAddress);
    else offered.delete(i);
  }
  expect(new Set(bound.values()).size, `seed ${seed}`).toBe(60);
}
