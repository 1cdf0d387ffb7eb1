import { expect, test } from "vitest";
import { parseSocketTable, portOwner } from "./port_owner.ts";

/** As Linux 6.1 writes /proc/net/udp. */
const UDP =
  `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  452: 0100007F:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11225 2 00000000bd7b0e29 17
  nonsense
`;

test("parseSocketTable() reads ports, inodes and what the kernel threw away", () => {
  expect(parseSocketTable(UDP)).toEqual([
    { port: 69, inode: "11225", drops: 17, isListening: false },
  ]);
  expect(parseSocketTable("")).toEqual([]);
});

test("portOwner() finds this process by a port it listens on", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr; // a TCP listener's address is one
  expect(await portOwner("tcp", port)).toMatchObject({ pid: Deno.pid });
  listener.close();
  expect(await portOwner("tcp", port)).toBeUndefined();
});
