import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { encodeMagicPacket } from "./magic_packet.ts";

test("encodeMagicPacket() writes six ff and the address sixteen times", () => {
  expect(encodeMagicPacket("52:54:00:AB:cd:01")).toEqual(hex(`
    ff ff ff ff ff ff        # synchronization stream
    52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01
    52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01
    52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01
    52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01  52 54 00 ab cd 01`));
});
