import { expect, test } from "vitest";
import { hex } from "@/test/hex.ts";
import { encodeEmptyRouterAdvertisement } from "./router_advertisement.ts";

test("encodeEmptyRouterAdvertisement() offers nothing, byte for byte", () => {
  expect(encodeEmptyRouterAdvertisement()).toEqual(hex(`
    86 00 00 00   # type 134, code 0, checksum left to the kernel
    00 00         # hop limit unspecified, neither M nor O
    00 00         # router lifetime 0 s: not a default router
    00 00 00 00   # reachable time unspecified
    00 00 00 00   # retransmission time unspecified`));
});
