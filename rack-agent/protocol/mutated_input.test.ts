import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import {
  decodeRequestHead,
  HEAD_BYTES_MAX,
  headBytes,
} from "@/rack-agent/wire/http/request_head.ts";
import { decodeTftp } from "@/rack-agent/wire/tftp/packet.ts";
import * as captures from "@/test/captures/tftp_requests.ts";
import { answerFile } from "./http/file_answer.ts";
import { normaliseRequestPath } from "./tftp/request_path.ts";
import { startTransfer, step } from "./tftp/read_transfer.ts";
import { agreeOptions } from "./tftp/transfer_options.ts";

const PACKETS = 200_000;
const SEED = Date.now() % 2_147_483_646 + 1;

/** Real input, damaged: bytes changed, cut off, doubled, inserted. Same seed, same run. */
function* mutations(originals: readonly Uint8Array[], count: number): Generator<Uint8Array> {
  let state = SEED;
  const below = (limit: number) => (state = (state * 48_271) % 2_147_483_647) % limit;
  for (let i = 0; i < count; i++) {
    let bytes = originals[below(originals.length)]?.slice() ?? new Uint8Array();
    for (let changes = below(4); changes >= 0; changes--) {
      const at = below(bytes.length + 1);
      const kind = below(5);
      if (kind === 0) bytes = bytes.slice(0, at);
      else if (kind === 1) bytes = joined(bytes.subarray(0, at), bytes.subarray(0, at));
      else if (kind === 2) {
        const more = Uint8Array.of(below(256));
        bytes = joined(bytes.subarray(0, at), more, bytes.subarray(at));
      } else bytes[at] = below(256);
    }
    yield bytes;
  }
}

test(
  `${PACKETS} damaged TFTP packets (seed ${SEED}) are read or refused, and harm no transfer`,
  () => {
    const originals = [
      ...Object.values(captures),
      Uint8Array.of(0, 4, 0, 1),
      Uint8Array.of(0, 5, 0, 1, 0x6e, 0),
      Uint8Array.of(0, 3, 0, 1, 1, 2, 3),
    ];
    let read = 0;
    for (const bytes of mutations(originals, PACKETS)) {
      try {
        const packet = decodeTftp(bytes);
        if (packet.kind !== "read") continue;
        read++;
        const path = normaliseRequestPath(packet.path);
        if (path?.split("/").includes("..")) throw new Error(`${path} leads out`);
        const terms = agreeOptions(packet.options, { fileBytes: 100_000, pathMtuBytes: 1_500 });
        const { blockBytes, windowBlocks } = terms;
        const areSane = blockBytes >= 8 && blockBytes <= 1_468 && windowBlocks >= 1 &&
          windowBlocks <= 64;
        if (!areSane) throw new Error(JSON.stringify(terms));
        const first = startTransfer(100_000, terms, 0);
        if (first.kind === "send") step(first.transfer, { kind: "ack", number: bytes.length }, 1);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    expect(read).toBeGreaterThan(PACKETS / 10);
  },
  60_000,
);

test(`${PACKETS} damaged HTTP heads (seed ${SEED}) are read or refused`, () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const originals = [
    encode(
      "GET /images/ab/squashfs HTTP/1.1\r\nHost: 192.0.2.1:5249\r\nRange: bytes=0-511\r\n\r\n",
    ),
    encode('HEAD /images/ab HTTP/1.0\r\nConnection: keep-alive\r\nIf-Range: "x"\r\n\r\n'),
    encode('GET http://192.0.2.1/a HTTP/1.1\r\nIf-None-Match: "x"\r\nContent-Length: 0\r\n\r\n'),
  ];
  let read = 0;
  for (const bytes of mutations(originals, PACKETS)) {
    const length = headBytes(bytes);
    if (length === undefined) continue;
    if (length > HEAD_BYTES_MAX) throw new Error(`${length} bytes of head`);
    try {
      const { headers } = decodeRequestHead(bytes.subarray(0, length));
      read++;
      const header = (name: string) => headers.get(name) ?? null;
      const conditions = {
        ifNoneMatch: header("if-none-match"),
        ifRange: header("if-range"),
        range: header("range"),
      };
      const { first, bytes: part } = answerFile(conditions, { bytes: 1_000, etag: "x" });
      if (first < 0 || part < 0 || first + part > 1_000) throw new Error(`${first} + ${part}`);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  expect(read).toBeGreaterThan(PACKETS / 20);
}, 60_000);

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
