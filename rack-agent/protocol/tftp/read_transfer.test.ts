import { expect, test } from "vitest";
import type { TftpPacket } from "@/rack-agent/wire/tftp/packet.ts";
import {
  confirmedBytes,
  type ReadTransfer,
  startTransfer,
  type Step,
  step,
} from "./read_transfer.ts";
import { agreeOptions } from "./transfer_options.ts";

const BLOCK_BYTES = 512;

function fileOf(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i % 251);
}

function started(size: number, options = {}, nowMs = 0): { state: ReadTransfer; first: Step } {
  const first = startTransfer(fileOf(size), agreeOptions(options, size), nowMs);
  return { state: stateOf(first), first };
}

function stateOf(current: Step): ReadTransfer {
  if (current.kind === "send" || current.kind === "wait") return current.transfer;
  throw new Error(`the transfer is over: ${current.kind}`);
}

const ack = (block: number) => ({ kind: "packet", packet: { kind: "ack", block } }) as const;

test("startTransfer() sends block 1 when no option was agreed", () => {
  expect(started(600).first).toMatchObject({
    kind: "send",
    packets: [{ kind: "data", block: 1, payload: fileOf(600).subarray(0, 512) }],
  });
});

test("startTransfer() sends an OACK, and block 1 once that is confirmed with ACK 0", () => {
  const { state, first } = started(600, { blksize: "100", tsize: "0" });
  expect(first).toMatchObject({
    packets: [{ kind: "oack", options: { blksize: "100", tsize: "600" } }],
  });
  expect(step(state, ack(1), 5)).toMatchObject({ kind: "wait" });
  expect(step(state, ack(0), 5)).toMatchObject({
    kind: "send",
    packets: [{ block: 1, payload: fileOf(100) }],
  });
});

test("a duplicate or early ACK sends nothing", () => {
  const { state } = started(2_000);
  const second = stateOf(step(state, ack(1), 10));
  expect(step(second, ack(1), 11)).toEqual({ kind: "wait", transfer: second });
  expect(step(second, ack(0), 11)).toEqual({ kind: "wait", transfer: second });
  expect(step(second, ack(3), 11)).toEqual({ kind: "wait", transfer: second });
  expect(step(second, { kind: "deadline" }, 1_009)).toEqual({ kind: "wait", transfer: second });
});

test("the block is sent again at its deadline, eight times in all", () => {
  const { first } = started(10, { timeout: "2" }, 100);
  let current = first;
  for (let sends = 1; sends < 8; sends += 1) {
    const { deadlineMs } = stateOf(current);
    expect(deadlineMs).toBe(100 + sends * 2_000);
    current = step(stateOf(current), { kind: "deadline" }, deadlineMs);
    expect(current).toMatchObject({ kind: "send", packets: [{ kind: "oack" }] });
  }
  const last = stateOf(current);
  expect(step(last, { kind: "deadline" }, last.deadlineMs))
    .toEqual({ kind: "failed", reason: "tftp.timeout", packets: [] });
});

test("progress starts the count of sends anew", () => {
  const { state } = started(2_000);
  const retried = stateOf(step(state, { kind: "deadline" }, 1_000));
  expect(retried.sends).toBe(2);
  expect(stateOf(step(retried, ack(1), 1_100)).sends).toBe(1);
});

test("an error ends the transfer without a word; after an OACK it is no failure to speak of", () => {
  const error = { kind: "packet", packet: { kind: "error", code: 8, message: "" } } as const;
  expect(step(started(10).state, error, 1))
    .toEqual({ kind: "failed", reason: "tftp.client_error", packets: [] });
  expect(step(started(10, { tsize: "0" }).state, error, 1))
    .toEqual({ kind: "failed", reason: "tftp.options_declined", packets: [] });
});

test("data from the client is answered with error 4", () => {
  const data: TftpPacket = { kind: "data", block: 1, payload: fileOf(1) };
  expect(step(started(10).state, { kind: "packet", packet: data }, 1)).toMatchObject({
    kind: "failed",
    packets: [{ kind: "error", code: 4 }],
  });
});

test("block numbers go round after 65 535, to 0", () => {
  const size = 65_536 * 8 + 3;
  let current: Step = started(size, { blksize: "8" }).first;
  const numbers: number[] = [];
  const received = new Uint8Array(size);
  for (let blocks = 0; current.kind === "send"; blocks += 1) {
    const [packet] = current.packets;
    if (packet?.kind === "data") received.set(packet.payload, (numbers.push(packet.block) - 1) * 8);
    current = step(current.transfer, ack(packet?.kind === "data" ? packet.block : 0), blocks);
  }
  expect(current.kind).toBe("done");
  expect(numbers.slice(65_533)).toEqual([65_534, 65_535, 0, 1]);
  expect(received).toEqual(fileOf(size));
});

test("confirmedBytes() never counts more than the file has", () => {
  const { state } = started(600, { tsize: "0" });
  expect(confirmedBytes(state)).toBe(0);
  expect(confirmedBytes({ ...state, ackedBlocks: 1 })).toBe(512);
  expect(confirmedBytes({ ...state, ackedBlocks: 2 })).toBe(600);
});

/**
 * Plays a transfer over a link that loses and repeats packets. Same seed, same run.
 *
 * The receiver trusts only RFC 1350: blocks in order, and a short block is the last. At
 * most three packets are lost between two that make a round trip, so who keeps trying gets through.
 */
function simulate(file: Uint8Array, seed: number, options = {}): Uint8Array {
  const chance = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const received: number[] = [];
  let lastBlock = 0;
  let ended = false;
  let lossesInARow = 0;
  const lost = () => {
    const drop = lossesInARow < 3 && chance() < 0.3;
    if (drop) lossesInARow += 1;
    return drop;
  };
  let current = startTransfer(file, agreeOptions(options, file.length), 0);
  for (let nowMs = 250; nowMs < 3_600_000; nowMs += 250) {
    if (current.kind === "done") return Uint8Array.from(received);
    if (current.kind === "failed") throw new Error(`gave up: ${current.reason}`);
    const [packet] = current.kind === "send" ? current.packets : [];
    const arrives = packet !== undefined && !lost();
    if (arrives && packet.kind === "data" && packet.block === lastBlock + 1) {
      if (ended) throw new Error("data after the last block");
      received.push(...packet.payload);
      lastBlock = packet.block;
      ended = packet.payload.length < BLOCK_BYTES;
    }
    const roundTrip = arrives && !lost();
    if (roundTrip) lossesInARow = 0;
    const ackArrives = roundTrip || chance() < 0.1; // 10 %: a stray repeat
    current = step(current.transfer, ackArrives ? ack(lastBlock) : { kind: "deadline" }, nowMs);
  }
  throw new Error("never ended");
}

for (const size of [0, 1, 511, 512, 513, 4_096]) {
  test(`a ${size}-byte file survives a lossy link`, () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      expect(simulate(fileOf(size), seed), `seed ${seed}`).toEqual(fileOf(size));
      const withSize = simulate(fileOf(size), seed, { tsize: "0" });
      expect(withSize, `with tsize, seed ${seed}`).toEqual(fileOf(size));
    }
  });
}
