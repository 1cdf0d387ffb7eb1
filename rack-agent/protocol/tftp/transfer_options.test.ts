import { expect, test } from "vitest";
import type { TftpOptions } from "@/rack-agent/wire/tftp/packet.ts";
import { hex } from "@/test/hex.ts";
import { toNetascii } from "./netascii.ts";
import { agreeOptions } from "./transfer_options.ts";

const PLAIN = { blockBytes: 512, windowBlocks: 1, timeoutMs: 4_000, accepted: {} };
const LIMITS = { fileBytes: 100, pathMtuBytes: 1_500 };

test("agreeOptions() is RFC 1350 when nothing is asked for", () => {
  expect(agreeOptions({}, LIMITS)).toEqual(PLAIN);
});

test("agreeOptions() confirms what it does", () => {
  expect(agreeOptions({ blksize: "1024", tsize: "0", timeout: "3", windowsize: "16" }, LIMITS))
    .toEqual({
      blockBytes: 1_024,
      windowBlocks: 16,
      timeoutMs: 3_000,
      accepted: { blksize: "1024", tsize: "100", timeout: "3", windowsize: "16" },
    });
});

test("agreeOptions() keeps blocks within an Ethernet frame", () => {
  expect(agreeOptions({ blksize: "1469" }, LIMITS)).toMatchObject({
    accepted: { blksize: "1468" },
  });
  expect(agreeOptions({ blksize: "65464" }, LIMITS)).toMatchObject({ blockBytes: 1_468 });
  expect(agreeOptions({ blksize: "8" }, LIMITS)).toMatchObject({ blockBytes: 8 });
});

test("agreeOptions() uses jumbo frames where the way to the client carries them", () => {
  const limits = { fileBytes: 1, pathMtuBytes: 9_000 };
  expect(agreeOptions({ blksize: "65464" }, limits)).toMatchObject({ blockBytes: 8_968 });
  expect(agreeOptions({ blksize: "1468" }, { fileBytes: 1, pathMtuBytes: 68 }))
    .toMatchObject({ blockBytes: 512 });
});

test("agreeOptions() keeps a window within one segmented send", () => {
  expect(agreeOptions({ windowsize: "65535" }, LIMITS)).toMatchObject({ windowBlocks: 64 });
  expect(agreeOptions({ windowsize: "64", blksize: "1468" }, LIMITS))
    .toMatchObject({ windowBlocks: 44, accepted: { windowsize: "44" } });
});

const refused: TftpOptions[] = [
  { blksize: "7" },
  { blksize: "-1" },
  { blksize: "1e3" },
  { blksize: "" },
  { blksize: "99999999999" },
  { timeout: "0" },
  { timeout: "256" },
  { timeout: "1.5" },
  { windowsize: "0" },
  { windowsize: "65536" },
  { windowsize: "-4" },
  { multicast: "" },
];
for (const options of refused) {
  test(`agreeOptions() leaves out ${JSON.stringify(options)}`, () => {
    expect(agreeOptions(options, LIMITS)).toEqual(PLAIN);
  });
}

test("toNetascii() writes LF as CR LF and CR as CR NUL", () => {
  expect(toNetascii(hex("61 0a 0d 62"))).toEqual(hex("61 0d 0a 0d 00 62"));
});
