import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import type { FactKind, KnownFact } from "@/shared/contract/facts.ts";
import type { StateOperation, StateScript } from "@/shared/contract/site_state.ts";
import { bootPlanFor } from "@/shared/machine/boot_plans.ts";
import type { OperationKind } from "@/shared/machine/lifecycle.ts";
import { CONTENT, contentFile, MAC, startAgent, type TestAgent } from "./agent_parts.ts";

const PYTHON = await new Deno.Command("python3", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

let folder: string;
let agent: TestAgent;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  agent = await startAgent(folder, systemClock);
});
afterEach(async () => {
  await agent.stop();
  await Deno.remove(folder, { recursive: true });
});

function script(name: string, source: string, more: Partial<StateScript> = {}): StateScript {
  const bytes = new TextEncoder().encode(source);
  Object.assign(CONTENT, { [name]: bytes }); // what the region's store would hold
  return { name, file: contentFile(bytes), timeoutSeconds: 20, parallel: false, ...more };
}

/** Orders the work, boots into it, and gives the program that the machine then gets. */
async function programFor(kind: OperationKind, more: Partial<StateOperation>): Promise<string> {
  const plan = bootPlanFor(kind, { hasBmc: true });
  if (!plan) throw new Error(`${kind} has no plan`);
  const askedAt = "2026-01-01T00:00:00Z";
  const operation = { id: "o-1", kind, systemId: "abc234", askedAt, plan, imageId: "debian" };
  await agent.apply({ operations: [{ ...operation, ...more }] });
  await eventually(() => factsOf("power.done").length === 1);
  agent.leases.set("127.0.0.1", MAC);
  await (await fetch(`${agent.url}/boot/${MAC}/ipxe`)).text();
  const preseed = await fetch(`${agent.url}/MAAS/metadata/latest/by-id/abc234/?op=get_preseed`);
  const source = JSON.parse(/^datasource:\n {2}MAAS: (.*)$/m.exec(await preseed.text())?.[1] ?? "");
  const answer = await fetch(`${agent.url}/MAAS/metadata/2012-03-01/user-data`, {
    headers: {
      authorization: `OAuth oauth_signature_method="PLAINTEXT", ` +
        `oauth_consumer_key="${source.consumer_key}", oauth_token="${source.token_key}", ` +
        `oauth_signature="%26${source.token_secret}"`,
    },
  });
  return await answer.text();
}

/** Runs one job of the worker's program here; what would switch this host off is left out. */
async function runJob(program: string, job: string): Promise<void> {
  const [jobs] = program.split("\ndef main():");
  const path = `${folder}/worker.py`;
  const body = (jobs ?? "").replace('WORK = "/run/rackwright"', `WORK = ${JSON.stringify(folder)}`);
  await Deno.writeTextFile(path, `${body}\n${job}\n`);
  const { success, stderr } = await new Deno.Command("python3", { args: [path] }).output();
  expect(success, new TextDecoder().decode(stderr)).toBe(true);
}

function factsOf<K extends FactKind>(kind: K) {
  const isOfKind = (fact: KnownFact): fact is Extract<KnownFact, { kind: K }> => fact.kind === kind;
  return agent.journal.pending(1000).filter(isOfKind);
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 500 && !isTrue(); turns++) {
    await new Promise((wake) => setTimeout(wake, 10));
  }
  expect(isTrue()).toBe(true);
}

async function outputOf(fact: { stdoutSha256?: string } | undefined): Promise<string> {
  return new TextDecoder().decode(await agent.outbox.get(String(fact?.stdoutSha256)));
}

describe.skipIf(!PYTHON)("the worker", () => {
  test("runs scripts in their order, reports each with its output, and sums up", async () => {
    const scripts = [
      script("passes", "#!/bin/sh\necho all is well\n"),
      script("fails", "#!/bin/sh\necho found; echo broken >&2; exit 3\n"),
      script("hangs", "#!/bin/sh\nsleep 60\n", { timeoutSeconds: 1 }),
      script("shouts", "#!/bin/sh\nyes | head -c 600000\nexit 0\n"),
      script("no-interpreter", "#!/nowhere/sh\n"),
    ];
    await runJob(await programFor("test", { scripts }), "test()");
    const ended = factsOf("script.ended");
    expect(ended.map(({ name, number, of, exitStatus, timedOut }) => [
      `${number}/${of} ${name}`,
      exitStatus,
      timedOut,
    ])).toEqual([
      ["1/5 passes", 0, false],
      ["2/5 fails", 3, false],
      ["3/5 hangs", 128 + 9, true],
      ["4/5 shouts", 0, false],
      ["5/5 no-interpreter", 126, false],
    ]);
    expect(await outputOf(ended[0])).toBe("all is well\n");
    expect(ended[1]?.stderrSha256).toBe(contentFile(new TextEncoder().encode("broken\n")).sha256);
    expect((await outputOf(ended[3])).length).toBe(256 * 1024); // the end of it
    expect(factsOf("script.started")).toHaveLength(5);
    expect(factsOf("test.reported")).toMatchObject([{
      ok: false,
      operationId: "o-1",
      message: "fails ended with 3; hangs ended with 137; no-interpreter ended with 126",
    }]);
    await eventually(() => factsOf("operation.ended").length === 1);
    expect(factsOf("operation.ended")).toMatchObject([{ failure: { code: "test.failed" } }]);
  });

  test("runs neighbours that are parallel side by side", async () => {
    // Each waits for the other: one after the other they would run into their limit.
    const meet = (mine: string, other: string) =>
      `#!/bin/sh\ntouch ../${mine}\nwhile [ ! -e ../${other} ]; do sleep 0.05; done\n`;
    const scripts = [
      script("left", meet("a", "b"), { parallel: true, timeoutSeconds: 10 }),
      script("right", meet("b", "a"), { parallel: true, timeoutSeconds: 10 }),
    ];
    await runJob(await programFor("test", { scripts }), "test()");
    expect(factsOf("test.reported")).toMatchObject([{ ok: true }]);
  });

  test("collects the inventory before the scripts, and lets them read it", async () => {
    const cores = "#!/usr/bin/env python3\nimport json, os\n" +
      "print(json.load(open(os.environ['RACKWRIGHT_INVENTORY']))['cpu']['cores'])\n";
    const program = await programFor("commission", { scripts: [script("cores", cores)] });
    await runJob(program, "commission()");
    const [collector, user] = factsOf("script.ended");
    expect(collector).toMatchObject({ name: "collect-inventory", number: 1, of: 2, exitStatus: 0 });
    const inventory = JSON.parse(await outputOf(collector));
    expect((await outputOf(user)).trim()).toBe(String(inventory.cpu.cores));
    expect(factsOf("commission.reported")).toMatchObject([{ ok: true, inventory }]);
  });

  test("keeps the inventory when a commissioning script fails", async () => {
    const scripts = [script("refuses", "#!/bin/sh\nexit 1\n")];
    await runJob(await programFor("commission", { scripts }), "commission()");
    expect(factsOf("commission.reported")).toMatchObject([{
      ok: false,
      message: "refuses ended with 1",
      inventory: { architecture: expect.any(String) },
    }]);
  });

  test.each(["quick", "secure", "full"] as const)("wipes a disk: %s", async (erase) => {
    const path = `${folder}/disk`;
    const bytes = 16 * 1024 * 1024;
    await Deno.writeFile(path, new Uint8Array(bytes).fill(0x5a));
    const program = await programFor("erase", { erase });
    const disk = `{"name": "disk", "path": ${JSON.stringify(path)}, "bytes": ${bytes}}`;
    // A file stands for the disk; nothing of this host may be let go or found.
    await runJob(program, `disks = lambda: [${disk}]\nshutil.which = lambda _: None\nerase()`);
    expect(factsOf("step.started")).toMatchObject([{ name: `erase ${path} (${erase})` }]);
    expect(factsOf("erase.reported")).toMatchObject([{ ok: true }]);
    const left = (await Deno.readFile(path)).filter((byte) => byte !== 0).length;
    expect(left).toBe(erase === "quick" ? bytes - 8 * 1024 * 1024 : 0);
  });

  test("says which disk it could not wipe", async () => {
    const disk = `{"name": "gone", "path": "${folder}/gone", "bytes": 4096}`;
    const program = await programFor("erase", { erase: "quick" });
    await runJob(program, `disks = lambda: [${disk}]\nshutil.which = lambda _: None\nerase()`);
    expect(factsOf("erase.reported")).toMatchObject([{
      ok: false,
      message: expect.stringContaining(`${folder}/gone: `),
    }]);
  });
});

test("in rescue mode every boot leads into the rescue system, with the requester's keys", async () => {
  const machine = {
    systemId: "abc234",
    hostname: "node-1",
    architecture: "amd64",
    macs: [MAC],
    reservations: [],
    boot: "power_off" as const,
    rescue: { imageId: "debian", sshKeys: ["ssh-ed25519 AAAA rescuer"] },
  };
  await agent.apply({ machines: [machine] });
  agent.leases.set("127.0.0.1", MAC);
  expect(await (await fetch(`${agent.url}/boot/${MAC}/ipxe`)).text()).toContain(
    "is in rescue mode",
  );
  expect(factsOf("boot.asked")).toMatchObject([{ answer: "ephemeral", purpose: "rescue" }]);
});
