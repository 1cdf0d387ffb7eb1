import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blobName, partName } from "@/region/object_store/object_names.ts";
import { removeUnusedBlobs } from "@/region/services/images/remove_unused_blobs.ts";
import { readSiteDocument } from "./site_document.ts";
import { INVENTORY, makeImage, makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const MIB = 1024 ** 2;
const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** Begins like gzip; no two are alike. */
function makeFile(length: number, seed: number, head = [0x1f, 0x8b]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => head[i] ?? (i * 7 + seed + (i >> 9)) & 255);
}

async function upload(bytes: Uint8Array<ArrayBuffer>, sha256 = sha256Of(bytes)) {
  const started = await region.call("POST /api/v1/image-files", {
    body: { sha256, bytes: bytes.length },
  });
  expect(started.status, started.text).toBe(201);
  for (const number of started.body.missingParts) {
    const { status, text } = await sendPart(bytes, sha256, number, started.body.partBytes);
    expect(status, text).toBe(204);
  }
  return await region.call(`POST /api/v1/image-files/${sha256}/complete`);
}

function sendPart(
  bytes: Uint8Array<ArrayBuffer>,
  sha256: string,
  number: number,
  partBytes: number,
) {
  return region.call(`PUT /api/v1/image-files/${sha256}/parts/${number}`, {
    body: bytes.slice(number * partBytes, (number + 1) * partBytes),
    headers: { "content-type": "application/octet-stream" },
  });
}

const create = (sha256: string, more: object = {}, role = "root-tgz") =>
  region.call("POST /api/v1/images", {
    body: {
      ...{ name: "golden", os: "ubuntu", release: "noble", architecture: "amd64" },
      files: [{ role, sha256 }],
      ...more,
    },
  });

describe("an upload", () => {
  test("goes on after a break with the parts that are missing, and is there when whole", async () => {
    const bytes = makeFile(2 * MIB + 3, 1);
    const sha256 = sha256Of(bytes);
    const body = { sha256, bytes: bytes.length };
    const { body: file } = await region.call("POST /api/v1/image-files", { body });
    expect(file).toMatchObject({ partBytes: MIB, partCount: 3, missingParts: [0, 1, 2] });
    await sendPart(bytes, sha256, 1, file.partBytes);
    const early = await region.call(`POST /api/v1/image-files/${sha256}/complete`);
    expect([early.status, early.body.code]).toEqual([409, "image_file.incomplete"]);
    const again = await region.call("POST /api/v1/image-files", { body });
    expect(again.body.missingParts).toEqual([0, 2]);
    const done = await upload(bytes);
    expect(done.body).toMatchObject({ isComplete: true, missingParts: [] });
    const stored = await region.ctx.objectStore.get(blobName(sha256));
    expect(sha256Of(new Uint8Array(await new Response(stored?.body).arrayBuffer()))).toBe(sha256);
    expect(await region.ctx.objectStore.head(partName(sha256, 0))).toBeUndefined();
    expect((await region.call("POST /api/v1/image-files", { body })).body.isComplete).toBe(true);
  });

  test("that is not what it was said to be is refused, and has to be sent again", async () => {
    const bytes = makeFile(1000, 2);
    const wrong = await upload(bytes, "0".repeat(64));
    expect([wrong.status, wrong.body.code]).toEqual([400, "image_file.differs"]);
    expect(await region.ctx.objectStore.head(blobName("0".repeat(64)))).toBeUndefined();
    const { body } = await region.call(`GET /api/v1/image-files/${"0".repeat(64)}`);
    expect(body.missingParts).toEqual([0]);
    const short = await sendPart(bytes.slice(0, 10), "0".repeat(64), 0, MIB);
    expect([short.status, short.body.code]).toEqual([400, "image_file.part_size"]);
    const beyond = await sendPart(bytes, "0".repeat(64), 7, 0);
    expect([beyond.status, beyond.body.code]).toEqual([404, "image_file_part.missing"]);
    const other = await region.call("POST /api/v1/image-files", {
      body: { sha256: "0".repeat(64), bytes: 5 },
    });
    expect([other.status, other.body.code]).toEqual([400, "image_file.other_size"]);
  });

  test("that no image names is removed after a day", async () => {
    const bytes = makeFile(100, 3);
    await upload(bytes);
    region.advance(25 * 3_600_000);
    await removeUnusedBlobs(region.ctx);
    expect(await region.ctx.objectStore.head(blobName(sha256Of(bytes)))).toBeUndefined();
  });
});

describe("an image of one's own", () => {
  test("is offered, deployed with another system to install it, and goes when it is removed", async () => {
    const siteId = await makeSite(region);
    const bootImageId = await makeImage(region);
    const bytes = makeFile(500, 4);
    await upload(bytes);
    const { status, body: image, text } = await create(sha256Of(bytes));
    expect(status, text).toBe(201);
    const systemId = await makeMachine(region, siteId);
    const deployed = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
      body: { imageId: image.id },
    });
    expect(deployed.status, deployed.text).toBe(202);
    const document = await readSiteDocument(region, siteId);
    expect(document.operations).toMatchObject([{
      imageId: bootImageId,
      installFile: { sha256: sha256Of(bytes), bytes: bytes.length },
    }]);
    expect(document.operations[0]?.installScript).toContain("tar --extract --gzip");
    await region.call(`DELETE /api/v1/images/${image.id}`);
    const { body: { images } } = await region.call("GET /api/v1/images");
    expect(images.map(({ id }: { id: string }) => id)).not.toContain(image.id);
    region.advance(25 * 3_600_000);
    await removeUnusedBlobs(region.ctx);
    expect(await region.ctx.objectStore.head(blobName(sha256Of(bytes)))).toBeDefined();
  });

  test("is not made of files that make none", async () => {
    const bytes = makeFile(500, 5);
    const sha256 = sha256Of(bytes);
    const missing = await create(sha256);
    expect([missing.status, missing.body.code]).toEqual([400, "image.wrong_files"]);
    expect(missing.body.detail).toContain("POST /image-files");
    await upload(bytes);
    const refused = async (roles: string[]) => {
      const files = roles.map((role) => ({ role, sha256 }));
      const { status, body } = await create(sha256, { files });
      expect([roles, status, body.code]).toEqual([roles, 400, "image.wrong_files"]);
      return body.detail;
    };
    expect(await refused(["root-dd.xz"])).toContain("is gzip, not xz");
    expect(await refused(["kernel"])).toContain("there are 0");
    expect(await refused(["root-tgz", "root-dd.gz"])).toContain("there are 2");
    expect(await refused(["root-tgz", "root-tgz"])).toContain("two files");
    expect(await refused(["squashfs", "kernel"])).toContain("come together");
    expect(await refused(["root-tgz", "kernel", "initrd"])).toContain("boot a squashfs");
  });

  test("says what a machine lacks for it", async () => {
    const siteId = await makeSite(region);
    const bytes = makeFile(500, 6);
    await upload(bytes);
    const systemId = await makeMachine(region, siteId);
    const refusal = async (more: object) => {
      const { body: image } = await create(sha256Of(bytes), more);
      const deploy = `POST /api/v1/machines/${systemId}/deploy`;
      const { body } = await region.call(deploy, { body: { imageId: image.id } });
      return [body.code, body.value, body.accepted];
    };
    const { memoryMib, disks: [, disk] } = INVENTORY; // the first is too small for any system
    if (!disk) throw new Error("the machine has a disk");
    expect(await refusal({ minMemoryMib: 2 ** 30 })).toEqual([
      "image.needs_more_memory",
      `${memoryMib} MiB`,
      `${2 ** 30} MiB or more`,
    ]);
    expect(await refusal({ minDiskBytes: 2 ** 50 })).toEqual([
      "image.needs_bigger_disk",
      `${disk.name}: ${disk.bytes} bytes`,
      `${2 ** 50} bytes or more`,
    ]);
    expect(await refusal({ architecture: "arm64" }))
      .toEqual(["image.wrong_architecture", "arm64", "an image for amd64"]);
    expect(await refusal({ minMemoryMib: memoryMib, minDiskBytes: disk.bytes }))
      .toEqual([undefined, undefined, undefined]);
  });

  test("that the settings name is looked at in the same way", async () => {
    const siteId = await makeSite(region);
    const bytes = makeFile(500, 7);
    await upload(bytes);
    const systemId = await makeMachine(region, siteId);
    await create(sha256Of(bytes), { os: "custom", release: "greedy", minMemoryMib: 2 ** 30 });
    const set = (value: string | null) =>
      region.call("PATCH /api/v1/settings/deployRelease", { body: { value } });
    expect((await set("custom/greedy")).status).toBe(200);
    const { body } = await region.call(`POST /api/v1/machines/${systemId}/deploy`, { body: {} });
    expect(body.code).toBe("image.needs_more_memory");
    await set(null);
  });

  test("is installed by what it is made from, where that is here", async () => {
    const siteId = await makeSite(region);
    const jammyId = await makeImage(region, { os: "ubuntu", release: "jammy" });
    region.advance(1000);
    await makeImage(region, { os: "debian", release: "newest" });
    const bytes = makeFile(500, 8);
    await upload(bytes);
    const installerOf = async (baseOs: string) => {
      const { body: image } = await create(sha256Of(bytes), { baseOs });
      expect(image.baseOs).toBe(baseOs);
      const systemId = await makeMachine(region, siteId);
      const answer = await region.call(`POST /api/v1/machines/${systemId}/deploy`, {
        body: { imageId: image.id },
      });
      expect(answer.status, answer.text).toBe(202);
      const { operations } = await readSiteDocument(region, siteId);
      return operations.find((operation) => operation.systemId === systemId)?.imageId;
    };
    expect(await installerOf("ubuntu/jammy")).toBe(jammyId);
    expect(await installerOf("rhel/9")).not.toBe(jammyId);
    const bad = await create(sha256Of(bytes), { baseOs: "ubuntu" });
    expect([bad.status, bad.body.detail]).toEqual([
      400,
      expect.stringContaining("write os/release, such as ubuntu/noble"),
    ]);
  });

  test("is offered as custom and its name unless somebody says otherwise", async () => {
    const bytes = makeFile(500, 9);
    await upload(bytes);
    const { body } = await create(sha256Of(bytes), { os: undefined, release: undefined });
    expect([body.os, body.release, body.bootProfile]).toEqual(["custom", "golden", null]);
  });

  test("boots in the way of its profile; others and unused ones are refused", async () => {
    const siteId = await makeSite(region);
    const tgz = makeFile(500, 10);
    const squashfs = makeFile(600, 11, [0x68, 0x73, 0x71, 0x73]);
    for (const bytes of [tgz, squashfs]) await upload(bytes);
    const files = [
      { role: "squashfs", sha256: sha256Of(squashfs) },
      ...["kernel", "initrd"].map((role) => ({ role, sha256: sha256Of(tgz) })),
    ];
    const made = await create("", { files, bootProfile: "dracut", name: "fedora" });
    expect([made.status, made.body.bootProfile]).toEqual([201, "dracut"]);
    const { images } = await readSiteDocument(region, siteId);
    expect(images.find(({ id }) => id === made.body.id)?.bootProfile).toBe("dracut");
    const unknown = await create("", { files, bootProfile: "casper" });
    expect([unknown.status, unknown.body.detail]).toEqual([
      400,
      expect.stringMatching(/maas.*dracut.*live-boot/),
    ]);
    const unused = await create(sha256Of(tgz), { bootProfile: "dracut" });
    expect([unused.status, unused.body.code, unused.body.value])
      .toEqual([400, "image.boot_profile_unused", "dracut"]);
  });
});
