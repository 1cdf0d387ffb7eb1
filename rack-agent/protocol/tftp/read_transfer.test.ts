import fc from "fast-check";
import { expect, test } from "vitest";
import {
  blocksOf,
  confirmedBytes,
  type ReadTransfer,
  startTransfer,
  type Step,
  step,
} from "./read_transfer.ts";
import { agreeOptions } from "./transfer_options.ts";

function started(fileBytes: number, options = {}, nowMs = 0): { state: ReadTransfer; first: Step } {
  const terms = agreeOptions(options, { fileBytes, pathMtuBytes: 1_500 });
  const first = startTransfer(fileBytes, terms, nowMs);
  return { state: stateOf(first), first };
}

function stateOf(current: Step): ReadTransfer {
  if (current.kind === "done" || current.kind === "failed") {
    throw new Error(`the transfer is over: ${current.kind}`);
  }
  return current.transfer;
}

/** First and last block to send, or what else there is to do. */
function sent(current: Step): [number, number] | string {
  return current.kind === "send" ? [current.firstBlock, current.transfer.sentBlocks] : current.kind;
}

const ack = (number: number) => ({ kind: "ack", number }) as const;
const DEADLINE = { kind: "deadline" } as const;

test("startTransfer() sends block 1 when no option was agreed", () => {
  expect(sent(started(600).first)).toEqual([1, 1]);
});

test("startTransfer() sends an OACK, and block 1 once that is confirmed with ACK 0", () => {
  const { state, first } = started(600, { blksize: "100", tsize: "0" });
  expect(sent(first)).toBe("send_oack");
  expect(sent(step(state, ack(1), 5))).toBe("wait");
  expect(sent(step(state, ack(0), 5))).toEqual([1, 1]);
});

test("blocksOf() counts an empty last block", () => {
  expect([0, 1, 511, 512, 513].map((bytes) => blocksOf(bytes, 512))).toEqual([1, 1, 1, 2, 2]);
});

test("a duplicate or early ACK sends nothing", () => {
  const { state } = started(2_000);
  const second = stateOf(step(state, ack(1), 10));
  for (const number of [1, 0, 3, 65_535]) {
    expect(step(second, ack(number), 11)).toEqual({ kind: "wait", transfer: second });
  }
  expect(step(second, DEADLINE, 20)).toEqual({ kind: "wait", transfer: second });
});

test("a window is sent whole, and the next one after its last block's ACK", () => {
  const { state } = started(10_000, { windowsize: "4" });
  const first = step(state, ack(0), 1);
  expect(sent(first)).toEqual([1, 4]);
  const second = step(stateOf(first), ack(4), 2);
  expect(sent(second)).toEqual([5, 8]);
  expect(sent(step(stateOf(second), ack(8), 3))).toEqual([9, 12]);
});

test("an ACK inside the window starts the next window at the missing block, once", () => {
  const first = step(started(100_000, { windowsize: "8" }).state, ack(0), 1);
  const again = step(stateOf(first), ack(3), 2);
  expect(sent(again)).toEqual([4, 11]);
  expect(sent(step(stateOf(again), ack(3), 3))).toBe("wait"); // for each block after the gap
  expect(sent(step(stateOf(again), ack(3), 4))).toBe("wait");
});

test("a window that is not confirmed is probed with its last block, then sent again", () => {
  const first = stateOf(step(started(100_000, { windowsize: "8" }).state, ack(0), 1));
  const probe = step(first, DEADLINE, first.deadlineMs);
  expect(sent(probe)).toEqual([8, 8]);
  const probed = stateOf(probe);
  expect(sent(step(probed, ack(8), probed.sentMs + 1))).toEqual([9, 16]); // the ACK was lost
  expect(sent(step(probed, ack(5), probed.sentMs + 1))).toEqual([6, 13]);
  const anew = step(probed, ack(0), probed.sentMs + 1); // the first block was lost
  expect(sent(anew)).toEqual([1, 8]);
  expect(sent(step(stateOf(anew), ack(0), probed.sentMs + 2))).toBe("wait");
  const whole = step(probed, DEADLINE, probed.deadlineMs);
  expect(sent(whole)).toEqual([1, 8]);
  expect(sent(step(stateOf(whole), ack(7), probed.deadlineMs + 1))).toBe("wait"); // 8 is on its way
});

test("the last window ends with the file", () => {
  const first = step(started(1_100, { windowsize: "8" }).state, ack(0), 1);
  expect(sent(first)).toEqual([1, 3]);
  expect(sent(step(stateOf(first), ack(3), 2))).toBe("done");
});

test("a silent client is sent the window ever more rarely, and given up after half a minute", () => {
  let current = started(10).first;
  const waitsMs: number[] = [];
  let nowMs = 0;
  for (; current.kind === "send"; current = step(current.transfer, DEADLINE, nowMs)) {
    waitsMs.push(current.transfer.deadlineMs - nowMs);
    nowMs = current.transfer.deadlineMs;
  }
  expect(current).toEqual({ kind: "failed", reason: "tftp.timeout" });
  expect(waitsMs).toEqual([1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
});

test("an agreed timeout is the longest wait", () => {
  const { state } = started(10, { timeout: "1" });
  const again = stateOf(step(state, DEADLINE, state.deadlineMs));
  expect(again.waitMs).toBe(1_000);
  const patient = stateOf(step(started(10, { timeout: "200" }).state, DEADLINE, 1_000));
  expect(patient.waitMs).toBe(2_000);
});

test("the wait follows how fast the client answers", () => {
  let state = started(100_000).state;
  for (let block = 1; block < 50; block++) state = stateOf(step(state, ack(block), block * 2));
  expect(state.deadlineMs - state.sentMs).toBe(20);
  let slow = started(1_000_000).state;
  for (let block = 1; block < 50; block++) slow = stateOf(step(slow, ack(block), block * 100));
  expect(slow.deadlineMs - slow.sentMs).toBeGreaterThanOrEqual(100);
});

test("what was sent twice is not measured, and the longer wait stays", () => {
  let state = started(100_000).state;
  for (let block = 1; block < 50; block++) state = stateOf(step(state, ack(block), block * 2));
  const again = stateOf(step(state, DEADLINE, state.deadlineMs));
  expect(again.waitMs).toBe(40);
  const next = stateOf(step(again, ack(50), again.sentMs + 500));
  expect(next.roundTrip).toEqual(state.roundTrip);
  expect(next.waitMs).toBe(40);
});

test("an error ends the transfer; after an OACK it is no failure to speak of", () => {
  expect(step(started(10).state, { kind: "error" }, 1))
    .toEqual({ kind: "failed", reason: "tftp.client_error" });
  expect(step(started(10, { tsize: "0" }).state, { kind: "error" }, 1))
    .toEqual({ kind: "failed", reason: "tftp.options_declined" });
});

test("a packet that no reader sends ends the transfer", () => {
  expect(step(started(10).state, { kind: "illegal" }, 1))
    .toEqual({ kind: "failed", reason: "tftp.illegal_operation" });
});

test("block numbers go round after 65 535, to 0", () => {
  let current = step(started(65_536 * 8 + 3, { blksize: "8" }).state, ack(0), 0);
  let blocks = 0;
  for (; current.kind === "send"; blocks++) {
    expect(current.firstBlock).toBe(blocks + 1);
    current = step(current.transfer, ack(current.firstBlock % 65_536), blocks);
  }
  expect(current.kind).toBe("done");
  expect(blocks).toBe(65_537);
});

test("confirmedBytes() never counts more than the file has", () => {
  const { state } = started(600, { tsize: "0" });
  expect(confirmedBytes(state)).toBe(0);
  expect(confirmedBytes({ ...state, ackedBlocks: 1 })).toBe(512);
  expect(confirmedBytes({ ...state, ackedBlocks: 2 })).toBe(600);
});

/** A reader after RFC 7440 §4: it confirms each full window, and at a gap what it has. */
class Reader {
  receivedBlocks = 0;
  #inWindow = 0;
  constructor(private readonly windowBlocks: number, private readonly lastBlock: number) {}

  /** The ACK that a block calls for, if any. */
  take(block: number): number | undefined {
    if (block !== this.receivedBlocks + 1) {
      this.#inWindow = 0;
      return this.receivedBlocks;
    }
    this.receivedBlocks = block;
    this.#inWindow++;
    if (this.#inWindow < this.windowBlocks && block < this.lastBlock) return undefined;
    this.#inWindow = 0;
    return block;
  }
}

/** Plays a transfer over a link that loses a part of everything; returns how many blocks were sent. */
function simulate(fileBytes: number, windowBlocks: number, lossRate: number, chance: () => number) {
  let current = started(fileBytes, { windowsize: String(windowBlocks) }).first;
  const lastBlock = blocksOf(fileBytes, 512);
  const reader = new Reader(windowBlocks, lastBlock);
  let sentBlocks = 0;
  for (let nowMs = 1; nowMs < 1e9;) {
    if (current.kind === "failed") return { reader, sentBlocks, end: current.reason };
    if (current.kind === "done") return { reader, sentBlocks, end: "done" };
    const state = current.transfer;
    const acks: number[] = [];
    if (current.kind === "send_oack" && chance() >= lossRate) acks.push(0);
    const [first, last] = current.kind === "send" ? [current.firstBlock, state.sentBlocks] : [1, 0];
    for (let block = first; block <= last; block++) {
      sentBlocks++;
      const answer = chance() < lossRate ? undefined : reader.take(block);
      if (answer !== undefined) acks.push(answer);
    }
    nowMs++;
    let next: Step = { kind: "wait", transfer: state };
    for (const number of acks) {
      if (chance() < lossRate || next.kind !== "wait") continue; // later ones are duplicates here
      next = step(next.transfer, ack(number % 65_536), nowMs);
    }
    if (next.kind === "wait") {
      nowMs = Math.max(nowMs, next.transfer.deadlineMs);
      next = step(next.transfer, DEADLINE, nowMs);
    }
    current = next;
  }
  throw new Error("never ended");
}

test("any file gets through a link that loses every tenth packet, in windows of any size", () => {
  fc.assert(
    fc.property(
      fc.nat(60_000),
      fc.integer({ min: 1, max: 64 }),
      fc.integer(),
      (bytes, window, seed) => {
        const { reader, end } = simulate(bytes, window, 0.1, chanceOf(seed));
        expect(end).toBe("done");
        expect(reader.receivedBlocks).toBe(blocksOf(bytes, 512));
      },
    ),
    { numRuns: 300 },
  );
});

test("at 1 % loss no more than 1.3 times the file is sent", () => {
  for (const window of [1, 4, 16]) {
    const { sentBlocks } = simulate(20_000_000, window, 0.01, chanceOf(7));
    expect(sentBlocks / blocksOf(20_000_000, 512), `window ${window}`).toBeLessThan(1.3);
  }
});

/** Numbers from 0 to 1, the same for the same seed. */
function chanceOf(seed: number): () => number {
  let state = (Math.abs(seed) % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
