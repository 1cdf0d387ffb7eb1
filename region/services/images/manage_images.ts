import type { RegionContext } from "@/region/context.ts";
import { addGarbage, lockBlobs, removeGarbage } from "@/region/db/queries/blob_transfers.ts";
import {
  bumpAllGenerations,
  findImage,
  type ImageFile,
  type ImageRow,
  retireImage,
  upsertImage,
} from "@/region/db/queries/images.ts";
import { needsToFields } from "@/region/domain/image_needs.ts";
import { idFromBytes } from "@/region/domain/random_id.ts";
import { blobName } from "@/region/object_store/object_names.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import {
  type BootProfile,
  type ImageFileRole,
  imageRolesFault,
  isBootable,
} from "@/shared/machine/image_file.ts";
import { formatFault, MAGIC_BYTES } from "@/shared/machine/image_magic.ts";
import { recordChange } from "../audit/record_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { chunksOf } from "./assemble_blob.ts";

export interface ImageInput {
  readonly name: string;
  readonly title?: string;
  /** Absent: `custom`. */
  readonly os?: string;
  /** Absent: the name. */
  readonly release?: string;
  readonly architecture: string;
  readonly files: readonly { readonly role: ImageFileRole; readonly sha256: string }[];
  readonly kernelOptions?: string;
  /** Only where machines are booted with it. Absent: `maas`. */
  readonly bootProfile?: BootProfile;
  /** `os/release`: where there is such a system, it installs this image. */
  readonly baseOs?: string | null;
  readonly minMemoryMib?: number | null;
  readonly minDiskBytes?: number | null;
}

/**
 * Offers an image made of files that were uploaded.
 *
 * Throws `invalid_input` for files that do not make an image, are not there, or are not what their
 * role says.
 */
export async function createImage(
  ctx: RegionContext,
  caller: Caller,
  input: ImageInput,
): Promise<ImageRow> {
  requireRole(caller, "admin");
  const rolesFault = imageRolesFault(input.files.map(({ role }) => role));
  if (rolesFault) throw wrongFiles(rolesFault);
  if (input.bootProfile !== undefined && !isBootable(input.files)) {
    throw profileUnused(input.bootProfile);
  }
  const needs = {
    bootProfile: input.bootProfile ?? "maas",
    baseOs: input.baseOs ?? null,
    minMemoryMib: input.minMemoryMib ?? null,
    minDiskBytes: input.minDiskBytes ?? null,
  };
  const now = ctx.now();
  const { image, siteIds } = await ctx.db.transaction(async (tx) => {
    await lockBlobs(tx); // no file goes between the look at it and the row that names it
    const files: ImageFile[] = [];
    for (const [i, file] of input.files.entries()) files.push(await readFile(ctx, file, i));
    const title = input.title ?? input.name;
    const image = await upsertImage(tx, {
      id: `i-${idFromBytes(ctx.randomBytes(6))}`,
      product: `custom:${input.name}:${input.architecture}`,
      // 20260131.095959.123: versions compare as text.
      version: now.toISOString().replaceAll(/[-:Z]/g, "").replace("T", "."),
      kind: "os",
      title,
      os: input.os ?? "custom",
      release: input.release ?? input.name,
      releaseTitle: title,
      architecture: input.architecture,
      files,
      kernelOptions: input.kernelOptions ?? "",
      ...needs,
      streamFields: needsToFields(needs),
      sourceUrl: "",
      createdAt: now,
    });
    await removeGarbage(tx, files.map(({ sha256 }) => sha256));
    const { id, product, version } = image;
    await recordChange(ctx, tx, caller, {
      action: "image.create",
      id,
      name: input.name,
      after: { product, version, files, ...needs },
    });
    return { image, siteIds: await bumpAllGenerations(tx) };
  });
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return image;
}

/** Offers an uploaded image no more. Its files stay as long as a machine or a plan needs them. */
export async function removeImage(
  ctx: RegionContext,
  caller: Caller,
  id: string,
): Promise<void> {
  requireRole(caller, "admin");
  const siteIds = await ctx.db.transaction(async (tx) => {
    const image = mustFind(await findImage(tx, id), "image", id);
    if (image.sourceId !== null) throw isSynced(image);
    const at = ctx.now();
    const retired = mustFind(await retireImage(tx, id, at), "image", id);
    await addGarbage(tx, retired.files.map(({ sha256 }) => sha256), at);
    const { product, version } = image;
    await recordChange(ctx, tx, caller, {
      action: "image.delete",
      id,
      name: image.title,
      before: { product, version },
    });
    return await bumpAllGenerations(tx);
  });
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
}

async function readFile(
  ctx: RegionContext,
  { role, sha256 }: { role: ImageFileRole; sha256: string },
  index: number,
): Promise<ImageFile> {
  const field = `files[${index}]`;
  const object = await ctx.objectStore.get(blobName(sha256), { first: 0, last: MAGIC_BYTES - 1 });
  if (!object) {
    throw wrongFiles(`there is no file ${sha256}; upload it first (POST /image-files)`, field);
  }
  const head = new Uint8Array(await new Response(object.body).arrayBuffer());
  const fault = formatFault(role, head);
  if (fault) throw wrongFiles(`the file for ${role} ${fault}`, field);
  return { name: role, role, sha256, bytes: object.bytes, chunks: await chunksOf(ctx, sha256) };
}

function wrongFiles(message: string, field = "files"): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image.wrong_files",
    field,
    message,
    accepted:
      "one of squashfs, root-tgz, root-txz, root-dd, root-dd.gz, root-dd.xz, root-dd.zst; " +
      "with squashfs also kernel and initrd",
  });
}

function profileUnused(profile: BootProfile): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "image.boot_profile_unused",
    field: "bootProfile",
    value: profile,
    message: "no machine is booted over the network with an image that has no kernel and initrd",
    accepted: "no bootProfile; or a kernel, an initrd and a squashfs besides",
  });
}

function isSynced({ title }: ImageRow): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "image.is_synced",
    message: `${title} comes from a boot source: change what is selected there`,
  });
}
