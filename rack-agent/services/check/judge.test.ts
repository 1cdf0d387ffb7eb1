import { expect, test } from "vitest";
import { judgeClock, judgeDhcpServers, judgeDisk, judgePort, judgeRights } from "./judge.ts";

const tftp = { protocol: "udp", port: 69, purpose: "TFTP" } as const;

test("a port is free, the agent's own, or somebody's, who is named", () => {
  expect(judgePort({ ...tftp, isFree: true }, undefined).level).toBe("ok");
  const owner = { pid: 7, program: "in.tftpd" };
  expect(judgePort({ ...tftp, isFree: false, owner }, 7).level).toBe("ok");
  expect(judgePort({ ...tftp, isFree: false, owner }, 8)).toEqual({
    code: "check.port",
    level: "problem",
    saw: "UDP port 69 (TFTP) is used by in.tftpd (process 7)",
    advice: "stop in.tftpd, or keep it from listening there",
  });
  expect(judgePort({ ...tftp, isFree: false }, 8)).toMatchObject({ level: "problem" });
});

test("rights that are missing are named, and too many are said to be", () => {
  const needed = (1n << 10n) | (1n << 13n) | (1n << 12n);
  expect(judgeRights(needed, 990)).toMatchObject([{ level: "ok" }]);
  expect(judgeRights(0n, 990).map(({ level }) => level)).toEqual(["problem", "problem", "warning"]);
  expect(judgeRights((1n << 41n) - 1n, 0)).toMatchObject([{ level: "warning" }]);
});

test("a clock may be off by what an answer's whole seconds leave open", () => {
  expect([0, 1_900, -1_900, 3_000, -90_000].map((ms) => judgeClock(ms).level))
    .toEqual(["ok", "ok", "ok", "warning", "problem"]);
});

test("a disk is full before nothing is left", () => {
  expect([2 ** 40, 2 ** 31, 2 ** 29].map((bytes) => judgeDisk("/x", bytes).level))
    .toEqual(["ok", "warning", "problem"]);
});

test("another DHCP server is a warning that names it", () => {
  expect(judgeDhcpServers("eth0", []).level).toBe("ok");
  expect(judgeDhcpServers("eth0", ["192.0.2.9"])).toMatchObject({
    level: "warning",
    saw: "192.0.2.9 answers DHCP on eth0 too",
  });
});
