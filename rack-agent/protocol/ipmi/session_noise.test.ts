import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bmcWith,
  chanceFrom,
  failure,
  type Link,
  perfect,
  Play,
  status,
  switchOn,
} from "@/test/integration/ipmi/session_play.ts";
import { encodeIpmiMessage, type IpmiMessage } from "../../wire/ipmi/ipmi_message.ts";
import { encodeRmcp } from "../../wire/ipmi/rmcp.ts";
import { sealPacket } from "../../wire/ipmi/sealed_packet.ts";
import { encodeSetup, PAYLOAD } from "../../wire/ipmi/session_header.ts";
import { step } from "./session.ts";

// Messages of the handshake in a datagram: byte 5 is the payload type, 16 the tag, 17 the status,
// 20 the first byte of the console's session id.
const SETUP_ANSWERS: readonly number[] = [0x11, 0x13, 0x15];

/** Loses, repeats, delays and damages by seed; at most three of any eight datagrams are lost. */
function hostile(seed: number): Link {
  const chance = chanceFrom(seed);
  const recent: boolean[] = [];
  return (bytes) => {
    const isLost = recent.filter(Boolean).length < 3 && chance() < 0.3;
    recent.push(isLost);
    if (recent.length > 7) recent.shift();
    const arrivals = isLost ? [] : [{ bytes, afterMs: Math.ceil(chance() * 300) }];
    if (chance() < 0.2) arrivals.push({ bytes, afterMs: Math.ceil(chance() * 900) });
    if (chance() < 0.3) {
      const damaged = bytes.slice();
      const at = 4 + Math.floor(chance() * (damaged.length - 4));
      damaged[at] = (damaged[at] ?? 0) ^ (1 + Math.floor(chance() * 255));
      // Damage to the plain messages of the handshake can look like a refusal: see below.
      if (bytes[4] === 0x06 && (bytes[5] ?? 0) >= 0xc0) {
        arrivals.push({ bytes: damaged, afterMs: Math.ceil(chance() * 200) });
      }
    }
    if (chance() < 0.3) {
      const length = Math.floor(chance() * 80);
      const garbage = Uint8Array.from({ length }, () => Math.floor(chance() * 256));
      arrivals.push({ bytes: garbage, afterMs: Math.ceil(chance() * 200) });
    }
    return arrivals;
  };
}

test("sessions get through loss, repeats, delay, damage and garbage", () => {
  let drops = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const bmc = bmcWith();
    const play = new Play(bmc, hostile(seed), { cipherSuite: 3 });
    const outcome = play.runThrough(switchOn);
    expect(outcome, `seed ${seed}`).toMatchObject({ kind: "answered", answer: { kind: "done" } });
    expect(bmc.machine.isOn, `seed ${seed}`).toBe(true);
    drops += Object.values(play.session.dropped).reduce((sum, count) => sum + count, 0);
  }
  expect(drops).toBeGreaterThan(300);
});

test("damaged handshakes end in an open session or a known error, never in a crash", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const chance = chanceFrom(seed);
    const damaging: Link = (bytes) => {
      const damaged = bytes.slice();
      if (chance() < 0.3) {
        const at = Math.floor(chance() * damaged.length);
        damaged[at] = (damaged[at] ?? 0) ^ (1 + Math.floor(chance() * 255));
      }
      return [{ bytes: damaged, afterMs: 1 }];
    };
    const outcome = new Play(bmcWith(), damaging).run();
    if (outcome.kind !== "ready") expect(failure(outcome).code, `seed ${seed}`).toMatch(/^bmc\./);
  }
});

test("any bytes in any phase are dropped and counted, and change nothing else", () => {
  // Phases are reached by answering this many datagrams, then falling silent.
  for (let answered = 0; answered < 6; answered++) {
    let left = answered * 2 + 1;
    const play = new Play(bmcWith(), (bytes) => left-- > 0 ? [{ bytes, afterMs: 1 }] : []);
    try {
      for (let turns = 0; turns < answered; turns++) play.run();
    } catch { /* silence has set in */ }
    const { session } = play;
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
      const next = step(session, { kind: "datagram", bytes: noise }, play.nowMs);
      expect(next.kind).toBe("wait");
      const { dropped: _, ...rest } = next.session;
      const { dropped: __, ...before } = session;
      expect(rest).toEqual(before);
      expect(Object.values(next.session.dropped)).not.toEqual(Object.values(session.dropped));
    }));
  }
});

test("forged and late answers to the handshake are told from real ones", () => {
  const play = new Play(bmcWith(), (bytes) => {
    const real = { bytes, afterMs: 2 };
    if (!SETUP_ANSWERS.includes(bytes[5] ?? 0)) return [real];
    const otherTag = bytes.with(16, (bytes[16] ?? 0) ^ 0x80);
    const otherSession = bytes.with(20, (bytes[20] ?? 0) ^ 0x01);
    return [
      { bytes: otherTag, afterMs: 1 },
      { bytes: otherTag.with(17, 0x01), afterMs: 1 },
      { bytes: otherSession, afterMs: 1 },
      real,
    ];
  });
  expect(play.runThrough(switchOn)).toMatchObject({ answer: { kind: "done" } });
  expect(play.session.dropped).toEqual({ unexpected: 6, wrong_session: 3 });
});

test("an answer with weaker algorithms than proposed ends the session", () => {
  const authentication = 4 + 12 + 12 + 4; // RMCP, header, tag to session ids, record start
  const play = new Play(bmcWith(), (bytes) => [{
    bytes: bytes[5] === 0x11 ? bytes.with(authentication, 0) : bytes,
    afterMs: 1,
  }]);
  expect(failure(play.run()).code).toBe("bmc.cipher_refused");
});

test("a late refusal of the first attempt does not end the second", () => {
  let lossesLeft = 4; // every answer to message 1 of the first attempt
  const play = new Play(bmcWith(), (bytes) => {
    const isLost = bytes[5] === 0x13 && lossesLeft-- > 0;
    return isLost ? [] : [{ bytes, afterMs: 1 }];
  });
  expect(play.run().kind).toBe("ready"); // by restarting
  const opens = play.sent.filter((bytes) => bytes[5] === PAYLOAD.openSessionRequest);
  expect(new Set(opens.map((bytes) => bytes[16])).size).toBe(2); // tags
  expect(new Set(opens.map((bytes) => bytes[20])).size).toBe(2); // session ids
});

test("a handshake whose last answer is lost for good is begun again, once", () => {
  let answersLost = 0;
  const losing = (count: number): Link => (bytes) => {
    const isLost = bytes[5] === 0x15 && answersLost < count;
    if (isLost) answersLost++;
    return isLost ? [] : [{ bytes, afterMs: 1 }];
  };
  expect(new Play(bmcWith(), losing(4)).runThrough(switchOn)).toMatchObject({
    answer: { kind: "done" },
  });
  answersLost = 0;
  expect(failure(new Play(bmcWith(), losing(100)).run()).code).toBe("bmc.no_answer");
  expect(answersLost).toBe(8);
});

test("a BMC that forgot the half-open session is asked again from the start", () => {
  const bmc = bmcWith();
  let isForgotten = false;
  const play = new Play(bmc, (bytes) => {
    if (bytes[5] === PAYLOAD.rakp1 && !isForgotten) {
      isForgotten = true;
      bmc.forgetSessions();
    }
    return [{ bytes, afterMs: 1 }];
  });
  expect(play.runThrough(switchOn)).toMatchObject({ answer: { kind: "done" } });
  expect(play.session.attempt).toBe(1);
});

test("a deadline before its time does nothing, and an idle session has none", () => {
  const play = new Play(bmcWith(), perfect);
  const early = step(play.session, { kind: "deadline" }, play.session.deadlineMs - 1);
  expect(early).toEqual({ kind: "wait", session: play.session });
  expect(play.run().session.deadlineMs).toBe(Infinity);
  expect(play.do({ kind: "command", request: status }).session.deadlineMs).toBe(Infinity);
});

test("closing a session is tried twice and not for long", () => {
  const bmc = bmcWith();
  const play = new Play(bmc, perfect);
  play.run();
  bmc.forgetSessions();
  const startMs = play.nowMs;
  const sent = play.sent.length;
  expect(play.do({ kind: "close" }).kind).toBe("closed");
  expect(play.sent.length - sent).toBe(2);
  expect(play.nowMs - startMs).toBeLessThan(2_500);
});

test("no initialization vector and no packet number is used twice", () => {
  const bmc = bmcWith({ answer: (request) => request.netFn === 0 ? [0xc0] : undefined });
  const play = new Play(bmc, perfect);
  play.runThrough(switchOn); // busy: repeated
  const sealed = play.sent.filter((bytes) => bytes[5] === 0xc0);
  expect(sealed.length).toBe(6);
  expect(new Set(sealed.map((bytes) => bytes.subarray(16, 32).join())).size).toBe(6);
  expect(sealed.map((bytes) => bytes[10])).toEqual([1, 2, 3, 4, 5, 6]);
});

/** A session that waits for the answer to its first command, and a way to forge that answer. */
function waitingForStatus() {
  const play = new Play(bmcWith(), perfect);
  play.run();
  play.begin({ kind: "command", request: status });
  const { phase } = play.session;
  if (phase.kind !== "commanding") throw new Error(phase.kind);
  const { consoleSessionId } = phase.link;
  if (phase.link.keys.kind !== "v20") throw new Error(phase.link.keys.kind);
  const { keys } = phase.link.keys;
  const answer = {
    to: 0x81,
    from: 0x20,
    netFn: 1,
    sequence: phase.pending.requestSequence,
    command: 1,
    body: Uint8Array.of(0, 1, 0, 0),
  };
  const forge = (
    message: Partial<IpmiMessage>,
    packet: Partial<Parameters<typeof sealPacket>[0]>,
  ) =>
    encodeRmcp(
      "ipmi",
      sealPacket(
        {
          payloadType: PAYLOAD.ipmi,
          sessionId: consoleSessionId,
          sequence: 2, // 1 answered the raising of the privilege
          payload: encodeIpmiMessage({ ...answer, ...message }),
          ...packet,
        },
        keys,
        new Uint8Array(16),
      ),
    );
  return { play, forge, consoleSessionId, sequence: answer.sequence };
}

test("an answer with the right session, number and command is taken", () => {
  const { play, forge } = waitingForStatus();
  expect(play.inject(forge({}, {})).kind).toBe("answered");
});

test("an answer that is signed and still not ours is dropped and counted", () => {
  const { forge, consoleSessionId, sequence } = waitingForStatus();
  const wrong = [
    [forge({}, { sessionId: consoleSessionId ^ 1 }), "wrong_session"],
    [forge({}, { sequence: 1 }), "replayed"],
    [forge({}, { sequence: 0 }), "replayed"],
    [forge({ sequence: (sequence + 1) % 64 }, {}), "unexpected"],
    [forge({ command: 2 }, {}), "unexpected"],
    [forge({ netFn: 0 }, {}), "unexpected"],
    [forge({ body: new Uint8Array(0) }, {}), "unexpected"],
    [forge({}, { payloadType: 0x01 }), "unexpected"], // serial over LAN
    [forge({}, { payload: Uint8Array.of(1, 2, 3) }), "malformed"],
    [encodeRmcp("ipmi", encodeSetup(PAYLOAD.rakp4, new Uint8Array(8))), "unexpected"],
    [encodeRmcp("asf", new Uint8Array(8)), "unexpected"],
  ] as const;
  for (const [bytes, reason] of wrong) {
    const { play } = waitingForStatus(); // the same session every time: same seed, same keys
    expect(play.inject(bytes).kind).toBe("wait");
    expect(play.session.dropped).toEqual({ [reason]: 1 });
  }
});

test("a packet of the BMC is taken once, even if its first copy answered nothing", () => {
  const { play, forge } = waitingForStatus();
  expect(play.inject(forge({ command: 2 }, {})).kind).toBe("wait");
  expect(play.inject(forge({}, {})).kind).toBe("wait");
  expect(play.session.dropped).toEqual({ unexpected: 1, replayed: 1 });
});
