import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enlist, orderOperation, registerBmc, waitForOperation } from "@/infra/lab/journey.ts";
import type { RackMachine } from "@/infra/lab/hardware.ts";
import { type Rack, startRack } from "@/infra/lab/rack.ts";
import {
  agentStatus,
  carryOut,
  consoleBytes,
  consoleSince,
  eventually,
  factsOf,
  machineNow,
  operationNow,
} from "./rack_watch.ts";
import { signIn } from "./sign_in.ts";

/** One BIOS machine lives through everything; each test goes on where the one before it ended. */
describe("a BIOS machine", () => {
  let rack: Rack;
  let machine: RackMachine;
  let systemId: string;
  const watch = () => ({ rack });

  beforeAll(async () => {
    rack = await startRack({
      name: "e2e",
      machines: 1,
      firmware: "bios",
      log: (line) => console.log(line),
    });
    machine = rack.machines[0]!; // one was asked for
  });

  afterAll(async () => {
    await rack?.close();
  });

  test("that nobody knows is enlisted with its inventory, and is off again", async () => {
    ({ systemId } = await enlist(watch(), machine));
    const known = await machineNow(rack, systemId);
    expect(known.status).toBe("New");
    expect(known.macs).toContain(machine.mac);
    expect(await machine.powerState()).toBe("off");
  });

  test("is commissioned by its BMC, and is off again", async () => {
    await registerBmc(rack, systemId, machine);
    await carryOut(watch(), systemId, "commission");
    const known = await machineNow(rack, systemId);
    expect(known.status).toBe("Ready");
    expect(known.power?.state).toBe("off");
    expect(await machine.powerState()).toBe("off");
  });

  test("is deployed, and shows a login prompt of the system on its disk", async () => {
    const before = await consoleBytes(machine.serialLogPath);
    const deploy = await carryOut(watch(), systemId, "deploy", { imageId: rack.imageId });
    const known = await machineNow(rack, systemId);
    expect(known.status).toBe("Deployed");
    // What the region shows and what the BMC says to somebody else is the same.
    expect(known.power?.state).toBe("on");
    expect(await machine.powerState()).toBe("on");
    const shown = await eventually("a login prompt", async () => {
      const text = await consoleSince(machine.serialLogPath, before);
      return /root=UUID=[\s\S]*login:/.test(text) ? text : undefined;
    });
    expect(shown).toContain("Linux version");
    expect(shown).toContain(`${known.hostname} login:`);
    expect(deploy.spans.length).toBeGreaterThan(5);
  });

  test("can be signed in to with the key that the region was given", async () => {
    const { success, output } = await signIn(rack, machine, "cat /proc/cmdline");
    expect(success).toBe(true);
    expect(output).toMatch(/root=UUID=/);
  });

  test("is released: Ready and off", async () => {
    await carryOut(watch(), systemId, "release");
    expect((await machineNow(rack, systemId)).status).toBe("Ready");
    expect(await machine.powerState()).toBe("off");
  });

  test("is deployed though the region is away, which then learns the true times", async () => {
    const id = await orderOperation(rack, systemId, "deploy", { imageId: rack.imageId });
    await eventually(
      "the order at the site",
      async () => (await operationNow(rack, id)).startedAt ? true : undefined,
    );
    await rack.cutLink();
    await eventually(
      "the end of the deploy at the site",
      async () => (await agentStatus(rack)).operations.length === 0 ? true : undefined,
    );
    const status = await agentStatus(rack);
    expect(status.region.unreachableSince).toBeDefined();
    expect(status.region.factsWaiting).toBeGreaterThan(0);
    expect((await machineNow(rack, systemId)).status).toBe("Deploying");
    const healedAtMs = Date.now();
    await rack.healLink();
    const operation = await waitForOperation(watch(), id);
    expect((await machineNow(rack, systemId)).status).toBe("Deployed");
    expect(Date.parse(operation.endedAt ?? "")).toBeLessThan(healedAtMs);
    await carryOut(watch(), systemId, "release");
  });

  test("is deployed though its agent is killed during the installation", async () => {
    const id = await orderOperation(rack, systemId, "deploy", { imageId: rack.imageId });
    await eventually(
      "a step of the installation",
      async () => (await factsOf(rack, id)).find(({ kind }) => kind === "step.started"),
    );
    await rack.killAgent();
    rack.startAgent();
    await waitForOperation(watch(), id);
    expect((await machineNow(rack, systemId)).status).toBe("Deployed");
    const facts = await factsOf(rack, id);
    // Nothing was done twice: one power cycle, one installation, one end.
    for (const kind of ["power.ordered", "power.done", "install.reported", "operation.ended"]) {
      expect(facts.filter((fact) => fact.kind === kind), kind).toHaveLength(1);
    }
  });
});
