import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { INVENTORY, makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

const GIB = 1024 ** 3;
let region: RegionUnderTest;
let siteId: string;
beforeAll(async () => {
  region = await startRegionUnderTest();
  siteId = await makeSite(region);
});
afterAll(() => region.stop());

const inventory = {
  ...INVENTORY,
  disks: ["vda", "vdb"].map((name) => ({ name, path: `/dev/${name}`, bytes: 8 * GIB })),
};
const storageOf = async (systemId: string) =>
  (await region.call(`GET /api/v1/machines/${systemId}/storage`)).body;
const put = (systemId: string, body: object, options: object = {}) =>
  region.call(`PUT /api/v1/machines/${systemId}/storage`, { body, ...options });
const custom = {
  layout: "custom",
  plan: {
    tables: [],
    raids: [{ name: "md0", level: 1, members: ["vda", "vdb"], spares: [] }],
    volumeGroups: [],
    filesystems: [{ device: "md0", type: "ext4", label: "root", mountPoint: "/" }],
  },
};

describe("a machine's storage", () => {
  test("is flat until somebody says otherwise, and a chosen disk is installed to", async () => {
    const imageId = await makeImage(region);
    const systemId = await makeMachine(region, siteId, { inventory });
    expect(await storageOf(systemId)).toMatchObject({
      wish: { layout: "flat" },
      plan: { tables: [{ disk: "vda" }] },
      refusal: null,
    });
    const { status, body, headers } = await put(systemId, { layout: "flat", disk: "vdb" });
    expect([status, body.refusal, headers.get("etag")]).toEqual([200, null, `"${body.version}"`]);
    const deploy = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
      body: { imageId },
    });
    const operation = await region.call(`GET /api/v1/operations/${deploy.body.operation.id}`);
    expect(operation.body.installScript).toContain("sfdisk --quiet --wipe always");
    expect(operation.body.installScript).toContain("/dev/vdb");
    expect(operation.body.installScript).not.toContain("/dev/vda");
    const late = await put(systemId, { layout: "flat" });
    expect([late.status, late.body.code]).toEqual([409, "storage.not_changeable"]);
  });

  test("is compiled into what a deploy runs: RAID, volumes, mount options", async () => {
    const imageId = await makeImage(region);
    const systemId = await makeMachine(region, siteId, {
      inventory: { ...inventory, firmware: "bios" },
    });
    const part = (disk: string) => ({
      disk,
      partitions: [
        { name: `${disk}-grub`, bytes: 2 ** 20, role: "bios_boot" },
        { name: `${disk}-rest`, bytes: null, role: "linux" },
      ],
    });
    const wish = {
      layout: "custom",
      plan: {
        tables: [part("vda"), part("vdb")],
        raids: [{ name: "md0", level: 1, members: ["vda-rest", "vdb-rest"], spares: [] }],
        volumeGroups: [{ name: "vg0", members: ["md0"], volumes: [{ name: "root", bytes: null }] }],
        filesystems: [{
          device: "vg0/root",
          type: "ext4",
          label: "root",
          mountPoint: "/",
          mountOptions: "noatime",
        }],
      },
    };
    const { status, body } = await put(systemId, wish);
    expect([status, body.refusal, body.wish]).toEqual([200, null, wish]);
    const deploy = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
      body: { imageId },
    });
    const operation = await region.call(`GET /api/v1/operations/${deploy.body.operation.id}`);
    for (
      const line of [
        "--level=1 --raid-devices=2",
        "vgcreate -qq --yes vg0 /dev/md/md0",
        "fstab /dev/vg0/root / ext4 noatime 1",
        "ROOT=/dev/mapper/vg0-root",
        'grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK2"',
      ]
    ) expect(operation.body.installScript).toContain(line);
  });

  test("that cannot be installed is kept, and a deploy says so", async () => {
    const imageId = await makeImage(region);
    const systemId = await makeMachine(region, siteId, { inventory });
    for (
      const [wish, code] of [
        [{ layout: "lvm", rootBytes: GIB }, "storage.root_too_small"],
        [custom, "storage.not_bootable"],
        [{ layout: "blank" }, "storage.no_root"],
      ] as const
    ) {
      expect((await put(systemId, wish)).status).toBe(200);
      expect(await storageOf(systemId)).toMatchObject({ wish, refusal: { code } });
      const { status, body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
        body: { imageId },
      });
      expect([status, body.code]).toEqual([409, code]);
    }
  });

  test("is refused with everything that is wrong, and stays as it was", async () => {
    const systemId = await makeMachine(region, siteId, { inventory });
    const wrong = {
      ...custom,
      plan: {
        ...custom.plan,
        raids: [{ name: "md0", level: 5, members: ["vda", "vdx"], spares: [] }],
        filesystems: [{ device: "md0", type: "ext4", label: null, mountPoint: "tmp" }],
      },
    };
    const { status, body } = await put(systemId, wrong);
    expect([status, body.code]).toEqual([400, "storage.invalid"]);
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
      "plan.raids[0].members",
      "plan.raids[0].members[1]",
      "plan.filesystems[0].mountPoint",
    ]);
    expect((await put(systemId, { layout: "flat", disk: "vdz" })).body.code).toBe(
      "storage.invalid",
    );
    const options = { ...custom.plan.filesystems[0], mountOptions: "noatime;reboot" };
    for (
      const malformed of [
        { layout: "zfs" },
        { layout: "blank", disk: "vda" },
        { layout: "raid", level: 4 },
        { ...custom, plan: { ...custom.plan, filesystems: [options] } },
        {},
      ]
    ) {
      expect((await put(systemId, malformed)).body.code).toBe("request.invalid");
    }
    expect((await storageOf(systemId)).wish).toEqual({ layout: "flat" });
    const stale = await put(systemId, { layout: "lvm" }, { headers: { "if-match": '"9"' } });
    expect([stale.status, stale.body.code]).toEqual([412, "precondition.failed"]);
    const other = await put(systemId, { layout: "lvm" }, { as: "operator" });
    expect([other.status, other.body.code]).toEqual([403, "machine.not_yours"]);
  });

  test("is given to other machines, each by itself", async () => {
    const [from, fits, small, deployed] = [
      await makeMachine(region, siteId, { inventory }),
      await makeMachine(region, siteId, { inventory }),
      await makeMachine(region, siteId, {
        inventory: { ...inventory, disks: inventory.disks.slice(0, 1) },
      }),
      await makeMachine(region, siteId, { inventory, status: "Deployed" }),
    ];
    await put(from, custom);
    const { status, body } = await region.call(`POST /api/v1/machines/${from}/clone`, {
      body: { to: [fits, small, deployed, "nobody", fits], storage: true },
    });
    expect(status).toBe(200);
    expect(
      body.results.map((each: { systemId: string; refusal: { code: string } | null }) => [
        each.systemId,
        each.refusal?.code ?? null,
      ]),
    ).toEqual([
      [fits, null],
      [small, "storage.invalid"],
      [deployed, "storage.not_changeable"],
      ["nobody", "machine.missing"],
    ]);
    expect((await storageOf(fits)).wish).toEqual(custom);
    expect((await storageOf(small)).wish).toEqual({ layout: "flat" });
    const audit = await region.call("GET /api/v1/audit?kind=machine&limit=200");
    const clones = audit.body.entries.filter((entry: { action: string }) =>
      entry.action === "machine.clone"
    );
    expect(clones.map((entry: { objectId: string }) => entry.objectId)).toEqual([fits]);
  });
});
