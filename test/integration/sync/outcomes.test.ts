import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type MachineRow, machines } from "@/region/db/schema/machines.ts";
import type { OperationRow } from "@/region/db/schema/operations.ts";
import { leases } from "@/region/db/schema/subnets.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { type RegionUnderTest, START, startRegion } from "./region_under_test.ts";
import { at, eventsOf, machineNow, operationNow, setStatus, tableNow } from "./rows.ts";
import { seedImage, seedMachine, seedOperation } from "./seeds.ts";
import { joinSite, type TestAgent } from "./test_agent.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
let agent: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
  await seedImage(region, "20260101");
});
beforeEach(async () => {
  site = await region.makeSite(`Site ${++made}`);
  agent = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

describe("power", () => {
  test("is what was seen last by the site's clock, and leaves the version alone", async () => {
    const machine = await seedMachine(region, site.id, "Ready");
    const other = await joinSite(region, site.id);
    const { systemId } = machine;
    await agent.report({ kind: "power.observed", state: "on", systemId, at: at(100) });
    await other.report({ kind: "power.observed", state: "off", systemId, at: at(50) }); // came late
    expect(await machineNow(region, machine)).toMatchObject({
      powerState: "on",
      powerStateAt: new Date(at(100)),
      version: machine.version,
    });
  });

  test("is unknown with the reason until it is known again", async () => {
    const machine = await seedMachine(region, site.id, "Ready");
    const { systemId } = machine;
    const why = { code: "bmc.no_answer", message: "the BMC at 192.0.2.7 does not answer" };
    await agent.report({ kind: "power.observed", state: "unknown", systemId, at: at(1), ...why });
    expect(await machineNow(region, machine)).toMatchObject({
      powerState: "unknown",
      powerFault: why,
    });
    await agent.report({ kind: "power.observed", state: "off", systemId, at: at(2) });
    expect(await machineNow(region, machine)).toMatchObject({
      powerState: "off",
      powerFault: null,
    });
  });

  test("that was seen again is as old as that, for machines of the agent's own site", async () => {
    const mine = await seedMachine(region, site.id, "Ready");
    const elsewhere = await region.makeSite(`Site ${++made}`);
    const theirs = await seedMachine(region, elsewhere.id, "Ready");
    await agent.report({ kind: "power.observed", state: "on", systemId: mine.systemId, at: at(1) });
    const seen = (systemId: string, seconds: number) => ({
      systemId,
      state: "on",
      at: at(seconds),
    });
    await agent.report({
      kind: "power.seen",
      at: at(60),
      machines: [seen(mine.systemId, 58), seen(theirs.systemId, 59), seen("nobody", 59)],
    });
    expect(await machineNow(region, mine)).toMatchObject({
      powerState: "on",
      powerStateAt: new Date(at(58)),
      version: mine.version,
    });
    expect((await machineNow(region, theirs)).powerStateAt).toBeNull();
    await agent.report({ kind: "power.seen", at: at(61), machines: [seen(mine.systemId, 5)] });
    expect((await machineNow(region, mine)).powerStateAt).toEqual(new Date(at(58)));
  });
});

describe("a lease", () => {
  const open = async () =>
    (await region.ctx.db.select().from(leases).where(eq(leases.siteId, site.id)))
      .toSorted((a, b) => a.id - b.id)
      .map(({ mac, ipv4, endedAt }) => [mac, ipv4, endedAt?.toISOString()]);

  test("moves to whoever got the address last, is told once, and ends", async () => {
    const [a, b] = ["52:54:00:00:00:aa", "52:54:00:00:00:bb"];
    const given = { kind: "lease.given", ipv4: "10.0.0.5", subnetId: 1 };
    await agent.report({ ...given, mac: a, at: at(1) }, { ...given, mac: a, at: at(2) });
    expect(await open()).toEqual([[a, "10.0.0.5", undefined]]);
    await agent.report({ ...given, mac: b, at: at(3) });
    expect(await open()).toEqual([[a, "10.0.0.5", at(3)], [b, "10.0.0.5", undefined]]);
    const ended = { kind: "lease.ended", ipv4: "10.0.0.5", subnetId: 1, why: "expired" };
    await agent.report({ ...ended, mac: a, at: at(4) }); // not its any more
    await agent.report({ ...ended, mac: b, at: at(5) });
    expect(await open()).toEqual([[a, "10.0.0.5", at(3)], [b, "10.0.0.5", at(5)]]);
    const told = (await tableNow(region, "events")).filter((row) =>
      row.site_id === site.id && row.code === "lease.given"
    );
    expect(told.map(({ message }) => message)).toEqual([
      `unknown machine ${a}: got the address 10.0.0.5`,
      `unknown machine ${b}: got the address 10.0.0.5`,
    ]);
  });
});

test("a release frees the machine", async () => {
  const machine = await seedMachine(region, site.id, "Releasing");
  await region.ctx.db.execute(sql`insert into users (id, username, password_hash, role, created_at)
    values (77, 'owner', 'x', 'operator', now())`);
  await region.ctx.db.update(machines).set({ ownerUserId: 77, imageId: "i-20260101" })
    .where(eq(machines.id, machine.id));
  const { id: operationId } = await seedOperation(region, machine, "release");
  await agent.report({ kind: "operation.ended", outcome: "done", operationId });
  expect(await machineNow(region, machine)).toMatchObject({
    status: "Ready",
    ownerUserId: null,
    imageId: null,
  });
});

test("a release takes back the addresses of the time of the deploy, and no other", async () => {
  const { db } = region.ctx;
  const machine = await seedMachine(region, site.id, "Releasing");
  await db.execute(sql`
    with subnet as (
      insert into subnets (site_id, cidr, vlan_id, dns_servers, lease_seconds)
      select site_id, '10.0.0.0/24', id, '{}', 60 from vlans where site_id = ${site.id} returning id
    ), links as (
      insert into interface_links (interface_id, mode, subnet_id)
      select interfaces.id, mode, subnet.id
      from interfaces, subnet, unnest(array['auto', 'static']) as mode
      where machine_id = ${machine.id} returning id, mode, subnet_id
    )
    insert into ip_addresses (subnet_id, ip, kind, link_id)
    select subnet_id, case mode when 'auto' then '10.0.0.5'::inet else '10.0.0.6' end, mode, id
    from links`);
  const { id: operationId } = await seedOperation(region, machine, "release");
  await agent.report({ kind: "operation.ended", outcome: "done", operationId });
  const { rows } = await db.execute(sql`
    select host(ip) as ip, kind from ip_addresses where link_id is not null`) as unknown as {
    rows: { ip: string; kind: string }[];
  };
  expect(rows).toEqual([{ ip: "10.0.0.6", kind: "static" }]);
});

test("the word of an aborted operation's end changes nothing", async () => {
  const machine = await seedMachine(region, site.id, "Allocated");
  const { id: operationId } = await seedOperation(region, machine, "deploy", {
    state: "aborted",
    endedAt: START,
  });
  const before = await machineNow(region, machine);
  await agent.report({ kind: "operation.ended", outcome: "done", operationId, at: at(500) });
  expect(await machineNow(region, machine)).toEqual(before);
  expect(await operationNow(region, { id: operationId })).toMatchObject({
    state: "aborted",
    endedAt: START,
  });
});

describe("an operation of which nothing is heard", () => {
  const GRACE_SECONDS = 15 * 60;
  let machine: MachineRow;
  let operation: OperationRow;
  beforeEach(async () => {
    machine = await seedMachine(region, site.id, "Deploying");
    operation = await seedOperation(region, machine, "deploy");
    await agent.report({ kind: "agent.started", version: "1" });
    region.advance(7200 + GRACE_SECONDS);
    await tick(region.ctx);
  });

  test("is left alone until its deadline and the grace are over", async () => {
    expect((await operationNow(region, operation)).state).toBe("running");
    region.advance(1);
    await tick(region.ctx);
    expect((await operationNow(region, operation)).state).toBe("failed");
  });

  describe("is given up", () => {
    const gaveUp = async () => {
      region.advance(1);
      await tick(region.ctx);
    };

    test("once, with a reason that names site and agent, and leaves the state", async () => {
      const heard = (await tableNow(region, "agents")).find(({ id }) =>
        id === agent.enrolled.agentId
      );
      const heardAt = new Date(String(heard?.last_facts_at)).toISOString();
      await gaveUp();
      const because = {
        code: "operation.no_report",
        message: `site ${site.name} did not report the end of this deploy; ` +
          `its agent was last heard at ${heardAt}, 2 hours ago`,
      };
      expect(await operationNow(region, operation)).toMatchObject({
        state: "failed",
        failure: because,
      });
      expect(await machineNow(region, machine)).toMatchObject({
        status: "Failed deployment",
        failure: because,
      });
      await agent.renew();
      expect((await agent.state()).operations).toEqual([]);
      const before = await region.dump();
      await tick(region.ctx);
      expect(await region.dump()).toEqual(before);
      expect((await eventsOf(region, machine)).map(({ code }) => code)).toEqual([
        "operation.no_report",
      ]);
    });

    test("once, also when two do it at the same moment", async () => {
      region.advance(1);
      await Promise.all([tick(region.ctx), tick(region.ctx), tick(region.ctx)]);
      expect((await eventsOf(region, machine)).map(({ code }) => code))
        .toEqual(["operation.no_report"]);
    });

    test("and put right by the late word of its end", async () => {
      await gaveUp();
      // What is asked of other machines does not matter.
      await seedOperation(region, await seedMachine(region, site.id, "Deploying"), "deploy");
      // Switching its power, or looking, is what a person does then; it does not move the machine on.
      await seedOperation(region, machine, "power_query", { state: "done" });
      const { id: operationId } = operation;
      await agent.renew();
      await agent.report({ kind: "operation.ended", outcome: "done", operationId, at: at(3000) });
      expect(await operationNow(region, operation)).toMatchObject({
        state: "done",
        failure: null,
        endedAt: new Date(at(3000)),
      });
      expect(await machineNow(region, machine)).toMatchObject({
        status: "Deployed",
        failure: null,
        statusChangedAt: new Date(at(3000)),
      });
      const inState = (await agent.state()).machines
        .find(({ systemId }) => systemId === machine.systemId);
      expect(inState?.boot).toBe("local_disk");
    });

    test("and stays so where another operation has moved the machine on", async () => {
      await gaveUp();
      await setStatus(region, machine, "Releasing");
      await seedOperation(region, machine, "release", { askedAt: region.ctx.now() });
      const { id: operationId } = operation;
      await agent.renew();
      await agent.report({ kind: "operation.ended", outcome: "done", operationId });
      expect((await operationNow(region, operation)).state).toBe("failed");
      expect((await machineNow(region, machine)).status).toBe("Releasing");
    });
  });
});
