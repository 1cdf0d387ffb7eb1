import { expect, test } from "vitest";
import type { TftpOptions } from "@/rack-agent/wire/tftp/packet.ts";
import { hex } from "@/test/hex.ts";
import { toNetascii } from "./netascii.ts";
import { agreeOptions } from "./transfer_options.ts";

const PLAIN = { blockBytes: 512, retransmitMs: 1_000, accepted: {} };

test("agreeOptions() is RFC 1350 when nothing is asked for", () => {
  expect(agreeOptions({}, 100)).toEqual(PLAIN);
});

test("agreeOptions() confirms what it does", () => {
  expect(agreeOptions({ blksize: "1024", tsize: "0", timeout: "3" }, 100)).toEqual({
    blockBytes: 1_024,
    retransmitMs: 3_000,
    accepted: { blksize: "1024", tsize: "100", timeout: "3" },
  });
});

test("agreeOptions() keeps blocks within an Ethernet frame", () => {
  expect(agreeOptions({ blksize: "1469" }, 1)).toMatchObject({ accepted: { blksize: "1468" } });
  expect(agreeOptions({ blksize: "65464" }, 1)).toMatchObject({ blockBytes: 1_468 });
  expect(agreeOptions({ blksize: "8" }, 1)).toMatchObject({ blockBytes: 8 });
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
  { windowsize: "16" },
  { multicast: "" },
];
for (const options of refused) {
  test(`agreeOptions() leaves out ${JSON.stringify(options)}`, () => {
    expect(agreeOptions(options, 100)).toEqual(PLAIN);
  });
}

test("toNetascii() writes LF as CR LF and CR as CR NUL", () => {
  expect(toNetascii(hex("61 0a 0d 62"))).toEqual(hex("61 0d 0a 0d 00 62"));
});
