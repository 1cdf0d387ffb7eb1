import { afterEach, beforeEach, expect, test } from "vitest";
import type { ImageFileRole } from "@/shared/machine/image_file.ts";
import { uploadImage } from "./upload_image.ts";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

/** Nobody listens there: whatever is sent fails otherwise. */
const NOBODY = { regionUrl: "http://127.0.0.1:1", apiKey: "none" };

async function upload(...files: [role: ImageFileRole, bytes: number[]][]): Promise<string> {
  const written = [];
  for (const [i, [role, bytes]] of files.entries()) {
    const path = `${folder}/${i}`;
    await Deno.writeFile(path, new Uint8Array(bytes));
    written.push({ role, path });
  }
  return await uploadImage(
    NOBODY,
    { name: "own", architecture: "amd64", files: written },
    () => {},
  );
}

const GZIP = [0x1f, 0x8b];

test("files that make no image are refused before one is sent", async () => {
  await expect(upload(["root-dd.xz", GZIP])).rejects.toThrow("root-dd.xz, is gzip, not xz");
  await expect(upload(["root-tgz", []])).rejects.toThrow("is of no format that we know, not gzip");
  await expect(upload(["kernel", [1]])).rejects.toThrow("there are 0");
  await expect(upload(["root-tgz", GZIP], ["root-dd.gz", GZIP])).rejects.toThrow("there are 2");
  await expect(upload(["root-tgz", GZIP])).rejects.not.toThrow("gzip");
});
