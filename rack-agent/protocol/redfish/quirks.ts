/** In what a maker's BMCs differ from the others, as far as switching a machine goes. */
export interface Quirks {
  /**
   * Whether BootSourceOverrideMode goes along with a boot target: `when_shown` by the BMC, or `never`,
   * because the BMC refuses the whole request with it.
   */
  readonly bootMode: "when_shown" | "never";
  /** Whether a change must name the ETag of what it changes (If-Match), or 412 and 428 come back. */
  readonly wantsIfMatch: boolean;
  /** Ids of systems that are not the machine. */
  readonly notMachines: readonly string[];
}

export type Vendor = "dell" | "hpe" | "lenovo" | "supermicro" | "openbmc" | "other";

const USUAL: Quirks = { bootMode: "when_shown", wantsIfMatch: false, notMachines: [] };

/**
 * What is known of each maker. What a BMC asks for on its own is followed whether or not it is here:
 * an entry only saves the requests that would find it out.
 */
export const QUIRKS: Readonly<Record<Vendor, Quirks>> = {
  // iDRAC changes the boot mode by a BIOS job only; Dell's own examples send target and Once alone
  // (github.com/dell/iDRAC-Redfish-Scripting, SetNextOneTimeBootDeviceREDFISH.py).
  dell: { ...USUAL, bootMode: "never" },
  // iLO shows the mode and refuses to be sent it (ansible-collections/community.general#3509).
  hpe: { ...USUAL, bootMode: "never" },
  // XCC answers 412 without If-Match (ansible-collections/community.general#11261), and XCC3 knows
  // no mode but UEFI (pubs.lenovo.com/xcc3-restapi, "GET – Server properties").
  lenovo: { ...USUAL, bootMode: "never", wantsIfMatch: true },
  // Supermicro falls back to its own mode unless it is sent (DMTF/Redfishtool#106), and refuses it
  // where it does not show one (ironcore-dev/metal-operator#985).
  supermicro: USUAL,
  // IBM's systems list their hypervisor beside the machine (bmcweb, redfish-core/lib/systems.hpp).
  openbmc: { ...USUAL, notMachines: ["hypervisor"] },
  other: USUAL,
};
