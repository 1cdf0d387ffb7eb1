import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SiteState } from "@/shared/contract/site_state.ts";
import { evictFromCache, listCache, pinInCache, verifyCache } from "./cache_commands.ts";
import { formatCache } from "./format_cache.ts";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const put = (text: string, suffix = "") =>
  Deno.writeTextFile(`${folder}/${sha256(text)}${suffix}`, text);
const content = (text: string) => ({ sha256: sha256(text), bytes: text.length });
const STATE = SiteState.parse({
  site: { id: "s-1", name: "One" },
  generation: 1,
  issuedAt: "2026-01-02T03:04:05Z",
  subnets: [],
  machines: [],
  operations: [],
  images: [{
    ...{ id: "i-1", title: "Debian 12", architecture: "amd64" },
    ...{ kernel: content("kernel"), initrd: content("initrd"), squashfs: content("squashfs") },
  }],
  bootFiles: [{ name: "undionly.kpxe", file: content("ipxe") }],
});

test("the list says what a file is, and what keeps it", async () => {
  for (const text of ["kernel", "ipxe", "stray"]) await put(text);
  await put("initrd", ".part");
  await pinInCache(folder, [sha256("stray").slice(0, 8)], true);
  const text = formatCache(await listCache(folder, STATE));
  expect(text).toMatch(/6 B .* Debian 12 \(i-1\) kernel$/m);
  expect(text).toMatch(/Debian 12 \(i-1\) initrd \(not whole yet\)$/m);
  expect(text).toMatch(/undionly\.kpxe \(needed\)$/m);
  expect(text).toMatch(/not in the site's state \(pinned\)$/m);
  expect(text).toMatch(/^4 files, /m);
});

test("verifying removes what is not what it is called", async () => {
  await put("kernel");
  await Deno.writeTextFile(`${folder}/${sha256("squashfs")}`, "squashfz");
  expect(await verifyCache(folder)).toEqual({ good: 1, removed: [sha256("squashfs")] });
  expect((await listCache(folder, STATE)).map((file) => file.sha256)).toEqual([sha256("kernel")]);
});

test("evicting spares what is pinned or needed, and says so", async () => {
  for (const text of ["kernel", "ipxe", "stray", "other"]) await put(text);
  await pinInCache(folder, [sha256("stray")], true);
  const evict = (which: string[] | "all") => evictFromCache(folder, STATE, which);
  await expect(evict([sha256("stray")])).rejects.toMatchObject({ code: "cache.pinned" });
  await expect(evict([sha256("ipxe")])).rejects.toMatchObject({ code: "cache.needed" });
  await expect(evict(["zz"])).rejects.toMatchObject({ code: "cache.no_such_file" });
  const gone = await evict("all");
  expect(gone.map((file) => file.sha256).sort()).toEqual(
    [sha256("kernel"), sha256("other")].sort(),
  );
  await pinInCache(folder, [sha256("stray")], false);
  expect(await evict([sha256("stray").slice(0, 10)])).toHaveLength(1);
});
