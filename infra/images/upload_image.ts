import { createHash } from "node:crypto";
import { type ImageFileRole, imageRolesFault } from "@/shared/machine/image_file.ts";
import { formatFault, MAGIC_BYTES } from "@/shared/machine/image_magic.ts";
import { Problem } from "@/shared/contract/problem.ts";
import { z } from "zod";

/** A region, and an admin's API key. */
export interface RegionAccess {
  /** Without a slash at the end. */
  readonly regionUrl: string;
  readonly apiKey: string;
}

/** An image as `POST /api/v1/images` takes it, its files by their paths here. */
export interface LocalImage {
  readonly name: string;
  readonly title?: string;
  readonly os?: string;
  readonly release?: string;
  readonly architecture: string;
  readonly baseOs?: string;
  readonly bootProfile?: string;
  readonly kernelOptions?: string;
  readonly minMemoryMib?: number;
  readonly minDiskBytes?: number;
  readonly files: readonly { readonly role: ImageFileRole; readonly path: string }[];
}

const Upload = z.object({
  bytes: z.int(),
  partBytes: z.int(),
  partCount: z.int(),
  missingParts: z.array(z.int()),
});
const TRIES_MAX = 5;
const RETRY_MS = 2000;

/**
 * Brings an image to a region, and returns its id. Parts that the region has already are not sent
 * again, so after a break it goes on where it was. Throws with the region's own words.
 */
export async function uploadImage(
  access: RegionAccess,
  { files, ...image }: LocalImage,
  log: (line: string) => void,
): Promise<string> {
  await checkFiles(files);
  const uploaded = [];
  for (const { role, path } of files) {
    uploaded.push({ role, sha256: await uploadFile(access, path, log) });
  }
  const body = JSON.stringify({ ...image, files: uploaded });
  const { id } = await ask(access, "POST", "/images", body, z.object({ id: z.string() }));
  return id;
}

/** What speaks against sending them is found before hours of it. */
async function checkFiles(files: LocalImage["files"]): Promise<void> {
  const rolesFault = imageRolesFault(files.map(({ role }) => role));
  if (rolesFault) throw new Error(rolesFault);
  for (const { role, path } of files) {
    using file = await Deno.open(path);
    const head = new Uint8Array(MAGIC_BYTES);
    const fault = formatFault(role, head.subarray(0, await file.read(head) ?? 0));
    if (fault) throw new Error(`${path}, which is to be ${role}, ${fault}`);
  }
}

async function uploadFile(
  access: RegionAccess,
  path: string,
  log: (line: string) => void,
): Promise<string> {
  using file = await Deno.open(path);
  const { sha256, bytes } = await hashOf(file);
  const start = JSON.stringify({ sha256, bytes });
  const upload = await ask(access, "POST", "/image-files", start, Upload);
  for (const [done, number] of upload.missingParts.entries()) {
    const part = await readPart(file, upload, number);
    await retried(() => ask(access, "PUT", `/image-files/${sha256}/parts/${number}`, part));
    if (done % 10 === 9) log(`${path}: part ${done + 1} of ${upload.missingParts.length}`);
  }
  await ask(access, "POST", `/image-files/${sha256}/complete`);
  log(`${path} is there: ${bytes} bytes, SHA-256 ${sha256}`);
  return sha256;
}

async function hashOf(file: Deno.FsFile): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1024 ** 2);
  let bytes = 0;
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
    bytes += read;
  }
  return { sha256: hash.digest("hex"), bytes };
}

async function readPart(
  file: Deno.FsFile,
  { bytes, partBytes }: z.infer<typeof Upload>,
  number: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const first = number * partBytes;
  await file.seek(first, Deno.SeekMode.Start);
  const part = new Uint8Array(Math.min(partBytes, bytes - first));
  for (let done = 0; done < part.length;) {
    const read = await file.read(part.subarray(done));
    if (read === null) throw new Error("the file has become shorter while it was sent");
    done += read;
  }
  return part;
}

/** A link that breaks for a moment must not cost what was sent; a refusal stays one. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Refusal || tries === TRIES_MAX) throw error;
      await new Promise((wake) => setTimeout(wake, RETRY_MS * tries));
    }
  }
}

class Refusal extends Error {
  override readonly name = "Refusal";
}

async function ask<T = unknown>(
  { regionUrl, apiKey }: RegionAccess,
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  schema?: z.ZodType<T>,
): Promise<T> {
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  const response = await fetch(`${regionUrl}/api/v1${path}`, {
    method,
    body,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { "content-type": type }),
    },
  });
  const text = await response.text();
  if (!response.ok) {
    const problem = Problem.safeParse(response.status < 500 ? JSON.parse(text) : undefined).data;
    const message = `${method} ${path} was answered with ${response.status}: ` +
      (problem ? `${problem.code}: ${problem.detail}` : text.slice(0, 200));
    throw response.status < 500 ? new Refusal(message) : new Error(message);
  }
  // Without a schema nobody reads it.
  return schema ? schema.parse(JSON.parse(text)) : undefined as T;
}
