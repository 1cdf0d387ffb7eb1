import { expect, test } from "vitest";
import type { IpmiBmcOptions } from "@/test/fakes/bmc/ipmi_bmc.ts";
import {
  bmcWith,
  deaf,
  failure,
  perfect,
  Play,
  status,
  switchOn,
} from "@/test/integration/ipmi/session_play.ts";
import type { IpmiLogin } from "./login.ts";

for (const suite of [3, 17] as const) {
  for (const kg of [undefined, "bmc-key"]) {
    test(`a session with cipher suite ${suite} and K_g ${kg ?? "absent"} runs a command`, () => {
      const bmc = bmcWith({ suites: [suite], kg });
      const play = new Play(bmc, perfect, { cipherSuite: suite, kg });
      const outcome = play.runThrough(switchOn);
      expect(outcome).toMatchObject({ kind: "answered", answer: { kind: "done" } });
      expect(bmc.machine.isOn).toBe(true);
      expect(bmc.openSessions).toBe(0);
      expect(bmc.commands.map(([netFn, command]) => [netFn, command])).toEqual([
        [0x06, 0x3b], // raise the privilege
        [0x00, 0x02],
        [0x06, 0x3c], // close
      ]);
      expect(play.sent).toHaveLength(7);
      expect(play.session.dropped).toEqual({});
    });
  }
}

test("an answer's bytes reach the caller without its completion code", () => {
  const bmc = bmcWith();
  bmc.machine.isOn = true;
  const outcome = new Play(bmc, perfect).runThrough(status);
  expect(outcome).toMatchObject({ answer: { kind: "done", data: Uint8Array.of(0x21, 0, 0x40) } });
});

test("a BMC that never answers fails the session within nine seconds", () => {
  const play = new Play(bmcWith(), deaf);
  expect(failure(play.run()).code).toBe("bmc.no_answer");
  expect(play.sent).toHaveLength(4);
  expect(play.nowMs - 1_000).toBeLessThan(9_000);
});

test("another password is seen before ours is proved, and the BMC's session is freed", () => {
  const bmc = bmcWith({ password: "another" });
  const error = failure(new Play(bmc, perfect).run());
  expect(error).toMatchObject({ code: "bmc.wrong_password", kind: "invalid_input" });
  expect(bmc.halfOpenSessions).toBe(0);
});

const refusals: [string, string, Partial<IpmiBmcOptions>, Partial<IpmiLogin>][] = [
  ["bmc.unknown_user", "an unknown user", { username: "root" }, {}],
  ["bmc.cipher_refused", "another cipher suite", { suites: [17] }, {}],
  ["bmc.wrong_kg", "another K_g", { kg: "one" }, { kg: "two" }],
  ["bmc.wrong_kg", "a K_g nobody entered", { kg: "one" }, {}],
  ["bmc.no_privilege", "a user below operator", { privilegeLimit: 2 }, {}],
  ["bmc.no_privilege", "an operator", { privilegeLimit: 3 }, { privilege: "administrator" }],
  ["bmc.too_old", "a BMC without IPMI 2.0", { supportsIpmi2: false }, {}],
];
for (const [code, what, options, own] of refusals) {
  test(`${what} fails the session with ${code}`, () => {
    expect(failure(new Play(bmcWith(options), perfect, own).run()).code).toBe(code);
  });
}

for (
  const [code, completion] of [
    ["bmc.no_privilege", 0xd4],
    ["bmc.not_now", 0xd5],
    ["bmc.command_failed", 0xc1],
    ["bmc.command_failed", 0x99],
  ] as const
) {
  test(`completion code ${completion.toString(16)} refuses the command with ${code}`, () => {
    const answer = (request: { netFn: number }) => request.netFn === 0 ? [completion] : undefined;
    const outcome = new Play(bmcWith({ answer }), perfect).runThrough(switchOn);
    if (outcome.kind !== "answered" || outcome.answer.kind !== "refused") throw new Error("not so");
    expect(outcome.answer.error.code).toBe(code);
    expect(outcome.answer.error.message).toContain("192.0.2.7");
  });
}

test("a BMC that is busy twice is asked again, with a new request number", () => {
  const numbers: number[] = [];
  const answer = (request: { netFn: number; sequence: number }) => {
    if (request.netFn !== 0) return undefined;
    numbers.push(request.sequence);
    return numbers.length <= 2 ? [0xc0] : undefined;
  };
  const bmc = bmcWith({ answer });
  const outcome = new Play(bmc, perfect).runThrough(switchOn);
  expect(outcome).toMatchObject({ answer: { kind: "done" } });
  expect(new Set(numbers).size).toBe(3);
  expect(bmc.machine.isOn).toBe(true);
});

test("a BMC that stays busy refuses with bmc.busy and keeps its session", () => {
  const answer = (request: { netFn: number }) => request.netFn === 0 ? [0xc0] : undefined;
  const play = new Play(bmcWith({ answer }), perfect);
  const outcome = play.runThrough(switchOn); // closes afterwards
  expect(outcome).toMatchObject({ answer: { kind: "refused", error: { code: "bmc.busy" } } });
});

test("a BMC that forgot the session fails the command with bmc.no_answer", () => {
  const bmc = bmcWith();
  const play = new Play(bmc, perfect);
  expect(play.run().kind).toBe("ready");
  bmc.forgetSessions();
  const error = failure(play.do({ kind: "command", request: status }));
  expect(error.code).toBe("bmc.no_answer");
  expect(error.message).toContain("ask for the power state");
});

test("a BMC that takes two seconds for everything is waited for", () => {
  const bmc = bmcWith();
  const play = new Play(bmc, (bytes) => [{ bytes, afterMs: 1_000 }]);
  expect(play.runThrough(switchOn)).toMatchObject({ answer: { kind: "done" } });
  // Only the first question is repeated: after it, the BMC's pace is known.
  expect(play.sent.length).toBeLessThanOrEqual(7 + 2);
});

test("a datagram repeated by the network counts once and is dropped the second time", () => {
  const bmc = bmcWith();
  const play = new Play(bmc, (bytes) => [{ bytes, afterMs: 1 }, { bytes, afterMs: 2 }]);
  expect(play.runThrough(switchOn)).toMatchObject({ answer: { kind: "done" } });
  expect(play.session.dropped.unexpected).toBeGreaterThan(0);
});

test("a BMC that starts over at a repeated RAKP message 1 is logged in to at the second try", () => {
  const bmc = bmcWith({ isForgetful: true });
  // The first two answers to message 1 take longer than patience lasts, so it is repeated, and the
  // answer that arrives first is to the message the BMC has forgotten.
  let slowLeft = 2;
  const play = new Play(bmc, (bytes) => {
    const isSlow = bytes[5] === 0x13 && slowLeft-- > 0;
    return [{ bytes, afterMs: isSlow ? 800 : 10 }];
  });
  expect(play.runThrough(switchOn)).toMatchObject({ answer: { kind: "done" } });
  expect(play.session.attempt).toBe(1);
});

test("a BMC that always loses count of the handshake is busy, not a wrong password", () => {
  const bmc = bmcWith({ isForgetful: true });
  const play = new Play(bmc, (bytes) => [{ bytes, afterMs: 1 }, { bytes, afterMs: 2 }]);
  expect(failure(play.run()).code).toBe("bmc.busy");
});
