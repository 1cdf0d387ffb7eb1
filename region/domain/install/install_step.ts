/** One numbered step of an install plan: what people read in the timeline, and its shell lines. */
export interface Step {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Where the new system is put together. */
export const TARGET = "/run/rackwright/target";
/** Where an EFI partition is mounted that the new system does not mount. */
export const SPARE_EFI = "/run/rackwright/efi";
