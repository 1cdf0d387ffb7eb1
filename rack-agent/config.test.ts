import { expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { HELP, parseCommand } from "./config.ts";

/** What is written to somebody who types this. */
function refusalOf(...args: string[]): string {
  try {
    parseCommand(args, {});
  } catch (error) {
    if (error instanceof DomainError && error.code === "agent.usage") return error.message;
    throw error;
  }
  return "";
}

test("parseCommand() reads every option of run, and its defaults", () => {
  const folder = "/var/lib/rackwright/agent";
  expect(parseCommand(["run"], {})).toEqual({
    kind: "run",
    folder,
    httpPort: 5248,
    filesPort: 5249,
    statusPort: 5247,
    cacheBytes: undefined,
    tftpPorts: undefined,
  });
  const args = "run --data /d --http-port 1 --files-port 2 --status-port 3 --cache-gib 0.5 " +
    "--tftp-ports 30000-30100";
  expect(parseCommand(args.split(" "), { RACKWRIGHT_AGENT_DATA: "/other" })).toEqual({
    kind: "run",
    folder: "/d",
    httpPort: 1,
    filesPort: 2,
    statusPort: 3,
    cacheBytes: 2 ** 29,
    tftpPorts: { first: 30_000, last: 30_100 },
  });
});

test("parseCommand() takes the data folder and the join token from the environment", () => {
  const env = { RACKWRIGHT_AGENT_DATA: "/e", RACKWRIGHT_JOIN_TOKEN: "rwj_1" };
  expect(parseCommand(["join", "https://region.example/"], env)).toEqual({
    kind: "join",
    folder: "/e",
    regionUrl: "https://region.example",
    token: "rwj_1",
  });
});

test("an option that a command would not heed is refused, with those it takes", () => {
  expect(refusalOf("install", "--data", "/srv/agent"))
    .toBe("install does not take --data; it takes --root");
  expect(refusalOf("run", "--purge")).toContain("run does not take --purge; it takes --data,");
  expect(refusalOf("why", "52:54:00:00:00:01", "--json")).toContain("it takes --data");
});

test("what cannot be meant is refused with what can", () => {
  expect(refusalOf("stauts")).toContain("it is one of join, run, check, status");
  expect(refusalOf("run", "--http-port", "70000")).toContain("1 to 65535");
  expect(refusalOf("run", "--tftp-ports", "9-8")).toContain("30000-30100");
  expect(refusalOf("run", "--cache-gib", "much")).toContain("such as 50");
  expect(refusalOf("why")).toContain("such as 52:54:00:12:34:56");
  expect(refusalOf("join", "region.example")).toBe(
    '"region.example" is not the address of a region; write it as in https://region.example; ' +
      "the token is missing: --token, or $RACKWRIGHT_JOIN_TOKEN",
  );
  expect(refusalOf("--frobnicate")).toContain("--frobnicate");
});

test("the help names every option that a command takes", () => {
  const named = new Set(HELP.match(/--[a-z-]+/g));
  for (const command of ["run", "check", "join", "uninstall"]) {
    const accepted = refusalOf(command, "--root", "/x", "--purge", "--token", "t", "--json")
      .match(/it takes (.*)$/)?.[1]?.split(", ") ?? [];
    expect(accepted.length).toBeGreaterThan(0);
    for (const option of accepted) expect(named).toContain(option);
  }
});

test.each([
  [["cache"], { action: "list", which: [] }],
  [["cache", "verify"], { action: "verify", which: [] }],
  [["cache", "evict", "abcd12", "00ff"], { action: "evict", which: ["abcd12", "00ff"] }],
  [["cache", "evict", "--all"], { action: "evict", which: "all" }],
  [["cache", "pin", "abcd"], { action: "pin", which: ["abcd"] }],
])("%j is understood", (args, expected) => {
  expect(parseCommand(args, {})).toMatchObject({ kind: "cache", ...expected });
});

test.each([
  [["cache", "empty"], "list, verify, evict, pin, unpin"],
  [["cache", "evict"], "beginnings of hashes"],
  [["cache", "evict", "xyz"], "not the beginning of a hash"],
  [["cache", "pin", "--all"], "does not take --all"],
  [["cache", "list", "abcd"], "was not expected"],
])("%j is refused", (args, why) => {
  expect(() => parseCommand(args, {})).toThrow(why);
});
