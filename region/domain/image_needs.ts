import { DomainError } from "@/shared/errors/domain_error.ts";
import { BOOT_PROFILES, type BootProfile, rootFileOf } from "@/shared/machine/image_file.ts";
import type { Disk, StoragePlan } from "@/shared/machine/storage.ts";
import { bootDisk, isWholeDisk } from "./install/root_image.ts";
import { storageDevices } from "./install/storage_devices.ts";
import type { PublishedImage } from "./stream_tree.ts";

/** What an image asks of whatever is to run it. */
export interface ImageNeeds {
  readonly bootProfile: BootProfile;
  readonly baseOs: string | null;
  readonly minMemoryMib: number | null;
  readonly minDiskBytes: number | null;
}

/** The part of an image that says which machines can have it. */
export interface CheckedImage
  extends Pick<PublishedImage, "title" | "version" | "kind" | "architecture" | "files"> {
  readonly minMemoryMib: number | null;
  readonly minDiskBytes: number | null;
  readonly retiredAt: Date | null;
}

/** As fields of a product in a SimpleStreams tree, so that mirrors know of them; none: nothing. */
export function needsToFields(needs: ImageNeeds): Record<string, string> {
  const { bootProfile, baseOs, minMemoryMib, minDiskBytes } = needs;
  return {
    ...(bootProfile === "maas" ? {} : { boot_profile: bootProfile }),
    ...(baseOs === null ? {} : { base_os: baseOs }),
    ...(minMemoryMib === null ? {} : { min_memory_mib: String(minMemoryMib) }),
    ...(minDiskBytes === null ? {} : { min_disk_bytes: String(minDiskBytes) }),
  };
}

/** The same back; a text says which field cannot be understood, as the end of a sentence. */
export function needsFromFields(fields: Readonly<Record<string, string>>): ImageNeeds | string {
  const { boot_profile = "maas", base_os = null } = fields;
  const bootProfile = BOOT_PROFILES.find((one) => one === boot_profile);
  if (!bootProfile) {
    return `has the boot_profile "${boot_profile}"; we know ${BOOT_PROFILES.join(", ")}`;
  }
  for (const name of ["min_memory_mib", "min_disk_bytes"]) {
    const text = fields[name];
    if (text !== undefined && !/^[1-9]\d{0,14}$/.test(text)) {
      return `has the ${name} "${text}"; it has to be a whole number`;
    }
  }
  const number = (text: string | undefined) => text === undefined ? null : Number(text);
  return {
    bootProfile,
    baseOs: base_os,
    minMemoryMib: number(fields.min_memory_mib),
    minDiskBytes: number(fields.min_disk_bytes),
  };
}

/** Throws `conflict` unless the image is one for such a machine, whatever its disks. */
export function checkImage(
  image: CheckedImage,
  machine: { readonly architecture: string; readonly memoryMib: number },
): void {
  const { title, version, kind, minMemoryMib } = image;
  if (kind !== "os") {
    throw refuse("image.not_an_os", `${title} is a ${kind}; choose a system`);
  }
  if (image.architecture !== machine.architecture) {
    throw refuse(
      "image.wrong_architecture",
      `${title} is for ${image.architecture}, the machine is ${machine.architecture}`,
      { value: image.architecture, accepted: `an image for ${machine.architecture}` },
    );
  }
  if (image.retiredAt !== null) {
    throw refuse("image.retired", `${title} ${version} is offered no more`);
  }
  if (minMemoryMib !== null && machine.memoryMib < minMemoryMib) {
    throw refuse(
      "image.needs_more_memory",
      `${title} needs ${minMemoryMib} MiB of memory, the machine has ${machine.memoryMib}`,
      { value: `${machine.memoryMib} MiB`, accepted: `${minMemoryMib} MiB or more` },
    );
  }
}

/** Throws `conflict` unless the disk that the image goes to is as big as it needs. */
export function checkImageFits(
  image: CheckedImage,
  plan: StoragePlan,
  found: readonly Disk[],
): void {
  const needed = neededBytes(image);
  const disk = diskOf(image, plan, found);
  if (disk.bytes >= needed) return;
  throw refuse(
    "image.needs_bigger_disk",
    `${image.title} needs a disk of ${needed} bytes; it would go to ${disk.name}, which has ` +
      `${disk.bytes}`,
    { value: `${disk.name}: ${disk.bytes} bytes`, accepted: `${needed} bytes or more` },
  );
}

/** A disk that is not packed says itself how big it is. */
function neededBytes({ minDiskBytes, files }: CheckedImage): number {
  const raw = files.find(({ role }) => role === "root-dd")?.bytes ?? 0;
  return Math.max(minDiskBytes ?? 0, raw);
}

/** A whole disk goes to one; of those that anything else is spread over the biggest counts. */
function diskOf({ files }: CheckedImage, plan: StoragePlan, found: readonly Disk[]): Disk {
  const devices = storageDevices(plan, found);
  const role = rootFileOf(files)?.role ?? "squashfs";
  if (isWholeDisk(role)) return bootDisk(devices).disk;
  return devices.disks.map(({ disk }) => disk).reduce((a, b) => (b.bytes > a.bytes ? b : a));
}

function refuse(
  code: `image.${string}`,
  message: string,
  field: { value?: string; accepted?: string } = {},
): DomainError {
  return new DomainError({ kind: "conflict", code, message, field: "imageId", ...field });
}
