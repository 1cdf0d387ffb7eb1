export const FILESYSTEM_TYPES = ["ext4", "xfs", "btrfs", "vfat", "swap"] as const;
export const RAID_LEVELS = [0, 1, 5, 6, 10] as const;
export const PARTITION_ROLES = ["efi", "bios_boot", "linux"] as const;

/** A part of a disk; `bytes` null: what the others leave, only for the last one. */
export interface Partition {
  readonly name: string;
  readonly bytes: number | null;
  readonly role: typeof PARTITION_ROLES[number];
}

/** Several devices as one; members and spares are names of disks or partitions. */
export interface Raid {
  readonly name: string;
  readonly level: typeof RAID_LEVELS[number];
  readonly members: readonly string[];
  readonly spares: readonly string[];
}

/** A volume is called `<group>/<name>` where something is put on it. */
export interface VolumeGroup {
  readonly name: string;
  readonly members: readonly string[];
  readonly volumes: readonly { readonly name: string; readonly bytes: number | null }[];
}

/** What is on a device; `mountPoint` null: not mounted, as swap is. */
export interface Filesystem {
  readonly device: string;
  readonly type: typeof FILESYSTEM_TYPES[number];
  readonly label: string | null;
  readonly mountPoint: string | null;
  /** As in fstab(5), such as `noatime,nofail`; absent or null: `defaults`. */
  readonly mountOptions?: string | null;
}

/** Everything about the disks of a machine; a disk that is not named is left alone. */
export interface StoragePlan {
  /** `disk` is the kernel's name, such as `sda`. */
  readonly tables: readonly { readonly disk: string; readonly partitions: readonly Partition[] }[];
  readonly raids: readonly Raid[];
  readonly volumeGroups: readonly VolumeGroup[];
  readonly filesystems: readonly Filesystem[];
}

/** What people ask for; `disk` absent: the first that is big enough. */
export type StorageWish =
  | { readonly layout: "flat"; readonly disk?: string }
  | { readonly layout: "lvm"; readonly disk?: string; readonly rootBytes?: number }
  /** Root on a RAID over all that the firmware leaves of each disk; absent: RAID 1, all big disks. */
  | {
    readonly layout: "raid";
    readonly level?: typeof RAID_LEVELS[number];
    readonly disks?: readonly string[];
  }
  | { readonly layout: "blank" }
  | { readonly layout: "custom"; readonly plan: StoragePlan };

/** A disk as it was found. */
export interface Disk {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly serial?: string;
}

export const MIB = 1024 ** 2;
export const EMPTY_PLAN: StoragePlan = { tables: [], raids: [], volumeGroups: [], filesystems: [] };
