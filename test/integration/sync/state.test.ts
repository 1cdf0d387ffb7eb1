import { eq, sql } from "drizzle-orm";
import { compactDecrypt, compactVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { RegionContext } from "@/region/context.ts";
import { bumpGeneration, findSite, insertSite } from "@/region/db/queries/sites.ts";
import { readSiteRows } from "@/region/db/queries/site_state.ts";
import { machines } from "@/region/db/schema/machines.ts";
import { ipAddresses } from "@/region/db/schema/ip_addresses.ts";
import { ipRanges, subnets } from "@/region/db/schema/subnets.ts";
import { findDefaultVlan } from "@/region/db/queries/networks.ts";
import { parseIpAddress as ip } from "@/shared/net/ip_address.ts";
import { siteStateName } from "@/region/object_store/object_names.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { publishSiteState } from "@/region/services/sites/publish_state.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { makeSealedSiteKey } from "@/region/tokens/site_key.ts";
import { type RegionUnderTest, startRegion } from "./region_under_test.ts";
import { seedImage, seedMachine, seedOperation } from "./seeds.ts";
import { codeOf, joinSite, readDocument, type TestAgent } from "./test_agent.ts";
import { counting, interruptedReads } from "./watched_database.ts";

let region: RegionUnderTest;
let site: { id: string; name: string };
let agent: TestAgent;
let made = 0;
beforeAll(async () => {
  region = await startRegion();
});
beforeEach(async () => {
  site = await region.makeSite(`Site ${++made}`);
  agent = await joinSite(region, site.id);
});
afterAll(() => region.dispose());

const statePath = () => `/sites/${site.id}/state`;
const generations = async () => {
  const row = await findSite(region.ctx.db, site.id);
  return { wanted: row?.wantedGeneration, published: row?.publishedGeneration };
};
const storedDocument = async () => {
  const object = await region.ctx.objectStore.get(siteStateName(site.id));
  return await new Response(object?.body).text();
};

describe("the published state", () => {
  test("many changes at once share few documents, and each is in one when it is answered", async () => {
    const { ctx } = region;
    const put = vi.spyOn(ctx.objectStore, "put");
    const change = async () => {
      const { mac } = await seedMachine(region, site.id, "Ready");
      await publishSoon(ctx, site.id);
      expect(readDocument(await storedDocument()).machines.flatMap(({ macs }) => macs))
        .toContain(mac);
    };
    await Promise.all(Array.from({ length: 20 }, change));
    expect(put.mock.calls.length).toBeGreaterThan(0);
    expect(put.mock.calls.length).toBeLessThan(15);
    put.mockRestore();
    const { wanted, published } = await generations();
    expect(published).toBe(wanted);
  });

  test("a password is sealed for the site once, and anew when it is another", async () => {
    const { ctx } = region;
    const machine = await seedMachine(region, site.id, "Ready");
    const shown = async () => {
      await publishSiteState(ctx, site.id);
      return readDocument(await storedDocument()).machines[0]?.bmc?.sealedPassword;
    };
    const first = await shown();
    await bumpGeneration(ctx.db, site.id);
    expect(await shown()).toBe(first);
    const sealedPassword = await sealUnder(ctx.secrets.sealKey, "another");
    const bmc = machine.bmc && { ...machine.bmc, sealedPassword };
    await ctx.db.update(machines).set({ bmc }).where(eq(machines.id, machine.id));
    await bumpGeneration(ctx.db, site.id);
    expect(await shown()).not.toBe(first);
  });

  test("says everything about a site, signed, secrets under the site's key", async () => {
    const { ctx } = region;
    await seedImage(region, "20260101");
    const used = await seedImage(region, "20260102");
    await seedImage(region, "20260103");
    const [subnet] = await ctx.db.insert(subnets).values({
      siteId: site.id,
      cidr: "10.0.0.0/24",
      gateway: "10.0.0.1",
      vlanId: (await findDefaultVlan(ctx.db, site.id))?.id ?? 0,
      dnsServers: ["10.0.0.1"],
      leaseSeconds: 600,
    }).returning();
    const subnetId = subnet?.id ?? 0;
    await ctx.db.insert(ipRanges).values([
      { subnetId, kind: "dynamic", first: ip("10.0.0.100"), last: ip("10.0.0.200") },
    ]);
    const machine = await seedMachine(region, site.id, "Deploying");
    await ctx.db.insert(ipAddresses)
      .values({ subnetId, kind: "reservation", mac: machine.mac, ip: ip("10.0.0.7") });
    const sealedUserData = await sealUnder(ctx.secrets.sealKey, "#cloud-config\n");
    const operation = await seedOperation(region, machine, "deploy", {
      imageId: used,
      installScript: "#!/bin/sh\n",
      sshKeys: ["ssh-ed25519 AAAA me"],
      sealedUserData,
    });

    const document = await (await agent.request("GET", statePath())).text();
    const [regionKey] = agent.enrolled.regionKeys;
    if (!regionKey) throw new Error("no key was given");
    const { protectedHeader } = await compactVerify(document, regionKey);
    expect(protectedHeader).toEqual({ alg: "EdDSA", typ: "rw-state+jws", kid: "k1" });

    const state = readDocument(document);
    expect(state).toMatchObject({
      site,
      generation: 3,
      subnets: [{
        cidr: "10.0.0.0/24",
        dynamicRanges: [{ first: "10.0.0.100", last: "10.0.0.200" }],
      }],
      machines: [{
        systemId: machine.systemId,
        macs: [machine.mac],
        reservations: [{ mac: machine.mac, ipv4: "10.0.0.7" }],
        bmc: { address: "10.9.0.1", port: 623, username: "admin" },
        boot: "power_off",
      }],
      operations: [{
        id: operation.id,
        kind: "deploy",
        systemId: machine.systemId,
        imageId: used,
        installScript: "#!/bin/sh\n",
        sshKeys: ["ssh-ed25519 AAAA me"],
      }],
      images: [{ id: used }, { id: "i-20260103" }], // the newest, and the one in use
      enlistImageId: "i-20260103",
    });
    const siteKey = (await compactDecrypt(
      agent.enrolled.sealedSiteKey,
      agent.keys.encryptionPrivate,
    )).plaintext;
    const open = async (sealed: string | undefined) =>
      new TextDecoder().decode((await compactDecrypt(sealed ?? "", siteKey)).plaintext);
    expect(await open(state.machines[0]?.bmc?.sealedPassword)).toBe("bmc password");
    expect(await open(state.operations[0]?.sealedUserData)).toBe("#cloud-config\n");
  });

  test("takes the same number of statements for one machine as for fifty", async () => {
    const { ctx, count } = counting(region.ctx);
    await seedMachine(region, site.id, "Ready");
    await publishSiteState(ctx, site.id);
    const forOne = count();
    for (let i = 0; i < 50; i++) {
      const machine = await seedMachine(region, site.id, "Commissioning");
      if (i < 5) await seedOperation(region, machine, "commission");
    }
    await publishSiteState(ctx, site.id);
    expect(count() - forOne).toBe(forOne);
    expect((await agent.state()).machines).toHaveLength(51);
  });

  test("is put only when something changed", async () => {
    const before = await storedDocument();
    await publishSiteState(region.ctx, site.id);
    await tick(region.ctx);
    expect(await storedDocument()).toBe(before);
    await bumpGeneration(region.ctx.db, site.id);
    await tick(region.ctx); // whoever bumped it did not get to publish
    expect(readDocument(await storedDocument()).generation).toBe(2);
    expect(await generations()).toEqual({ wanted: 2, published: 2 });
  });

  test("reaches the newest generation when many publish at once, and never goes back", async () => {
    const changes = Array.from({ length: 12 }, async () => {
      await bumpGeneration(region.ctx.db, site.id);
      await publishSiteState(region.ctx, site.id);
    });
    let highest = 0;
    let isDone = false;
    const watch = (async () => {
      while (!isDone) {
        const { generation } = readDocument(await storedDocument());
        expect(generation).toBeGreaterThanOrEqual(highest);
        highest = generation;
      }
    })();
    await Promise.all(changes);
    isDone = true;
    await watch;
    await tick(region.ctx);
    expect(readDocument(await storedDocument()).generation).toBe(13);
    expect(await generations()).toEqual({ wanted: 13, published: 13 });
  });

  test("does not replace a newer document; a database from a backup counts on from there", async () => {
    for (let i = 0; i < 5; i++) await bumpGeneration(region.ctx.db, site.id);
    await publishSiteState(region.ctx, site.id);
    await region.ctx.db.execute(sql`update sites
      set wanted_generation = 3, published_generation = 2 where id = ${site.id}`);
    await publishSiteState(region.ctx, site.id);
    expect(readDocument(await storedDocument()).generation).toBe(7);
    expect(await generations()).toEqual({ wanted: 7, published: 7 });
  });

  describe("while another publisher gets in between", () => {
    /** The same store, and another change that is published just after this one's get or put. */
    const interrupted = (after: "get" | "put"): RegionContext => {
      let isDone = false;
      const objectStore = new Proxy(region.ctx.objectStore, {
        get(target, property) {
          const method = Reflect.get(target, property);
          if (property !== after) return method.bind(target);
          return async (...args: unknown[]) => {
            const result = await method.apply(target, args);
            if (!isDone) {
              isDone = true;
              await bumpGeneration(region.ctx.db, site.id);
              await publishSiteState(region.ctx, site.id);
            }
            return result;
          };
        },
      });
      return { ...region.ctx, objectStore };
    };

    for (const after of ["get", "put"] as const) {
      test(`after its ${after}: the newest stays, and no generation is made up`, async () => {
        await bumpGeneration(region.ctx.db, site.id);
        await publishSiteState(interrupted(after), site.id);
        expect(readDocument(await storedDocument()).generation).toBe(3);
        expect(await generations()).toEqual({ wanted: 3, published: 3 });
      });
    }

    test("before it reads: the newest stays, and no generation is made up", async () => {
      await bumpGeneration(region.ctx.db, site.id);
      const { db, interruptedOnce } = interruptedReads(region.ctx.db, async () => {
        await bumpGeneration(region.ctx.db, site.id);
        await publishSiteState(region.ctx, site.id);
      });
      await publishSiteState({ ...region.ctx, db }, site.id);
      expect(interruptedOnce()).toBe(true);
      expect(readDocument(await storedDocument()).generation).toBe(3);
      expect(await generations()).toEqual({ wanted: 3, published: 3 });
    });

    test("never mixes two generations in one document", async () => {
      const { db, interruptedOnce } = interruptedReads(region.ctx.db, async () => {
        await seedMachine(region, site.id, "Ready"); // generation 2
      });
      const rows = await readSiteRows(db, site.id);
      expect(interruptedOnce()).toBe(true);
      expect([rows?.site.wantedGeneration, rows?.machines]).toEqual([1, []]);
    });
  });

  test("replaces a document that this region did not sign", async () => {
    const name = siteStateName(site.id);
    await region.ctx.objectStore.put(name, new TextEncoder().encode("x.y.z"));
    await bumpGeneration(region.ctx.db, site.id);
    await publishSiteState(region.ctx, site.id);
    expect(readDocument(await storedDocument()).generation).toBe(2);
  });

  test("goes out without a secret that cannot be opened, and says so in the log", async () => {
    const machine = await seedMachine(region, site.id, "Ready");
    if (machine.bmc?.kind !== "ipmi") throw new Error("it was made with one");
    await region.ctx.db.update(machines)
      .set({ bmc: { ...machine.bmc, sealedPassword: "damaged" } })
      .where(sql`id = ${machine.id}`);
    await publishSiteState(region.ctx, site.id);
    const [inState] = (await agent.state()).machines;
    expect(inState).not.toHaveProperty("bmc");
    expect(region.logged).toContainEqual({
      event: "site_state.secret_unreadable",
      fields: expect.objectContaining({ machine: machine.systemId }),
    });
  });

  test("of nothing is not there: state.not_published", async () => {
    await region.ctx.objectStore.delete(siteStateName(site.id));
    const response = await agent.request("GET", statePath());
    expect([response.status, await codeOf(response)]).toEqual([404, "state.not_published"]);
  });

  test("of a site that is gone publishes nothing", async () => {
    await publishSiteState(region.ctx, "s-none");
    expect(await region.ctx.objectStore.head(siteStateName("s-none"))).toBeUndefined();
  });

  test("of a new site is there before any agent asks", async () => {
    const sealedSiteKey = await makeSealedSiteKey(
      region.ctx.secrets.sealKey,
      region.ctx.randomBytes,
    );
    await insertSite(region.ctx.db, {
      id: "s-raw",
      name: "Raw",
      sealedSiteKey,
      createdAt: region.ctx.now(),
    });
    await tick(region.ctx);
    expect(await region.ctx.objectStore.head(siteStateName("s-raw"))).toBeDefined();
  });
});
