import { expect, test } from "vitest";
import { serviceRows } from "./service_rows.ts";

test("serviceRows() tells what was done from what was let go, the gravest first", () => {
  const rows = serviceRows({
    dhcp: {
      received: 120,
      answered: 90,
      dropped: { "dhcp.released": 20, "dhcp.no_free_address": 3, "dhcp.malformed": 7, "x": 0 },
      replyTime: { byPowerOfTwoUs: [1, 2], sumMs: 3 },
      sockets: [{ interfaceName: "eno1", drops: 4 }, { interfaceName: "eno2", drops: 0 }],
    },
    power: { asked: 5, failed: 0 },
    odd: 3,
  });
  expect(rows).toEqual([
    {
      service: "dhcp",
      did: [{ name: "received", count: 120 }, { name: "answered", count: 90 }],
      dropped: [
        { name: "kernel", count: 4, weight: "lost" },
        { name: "dhcp.released", count: 20, weight: "harmless" },
        { name: "dhcp.malformed", count: 7, weight: "refused" },
        { name: "dhcp.no_free_address", count: 3, weight: "refused" },
      ],
    },
    {
      service: "power",
      did: [{ name: "asked", count: 5 }, { name: "failed", count: 0 }],
      dropped: [],
    },
  ]);
});
