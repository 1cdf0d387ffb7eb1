/** In what a maker's Redfish service differs, as the simulator plays it. */
export interface RedfishFlavour {
  /** Fields of the service root beside the usual ones. */
  readonly root: Readonly<Record<string, unknown>>;
  readonly system: { readonly id: string; readonly manufacturer: string; readonly model: string };
  readonly manager: string;
  readonly chassis: string;
  /** Further members of Systems that are no machine. */
  readonly otherSystems: readonly string[];
  /** Answers 308 to a path without a slash at its end. */
  readonly wantsSlash: boolean;
  readonly resetTypes: readonly string[];
  /** `inline` beside the action, or in a resource of its own. */
  readonly resetTypesIn: "inline" | "action_info";
  readonly bootTargets: readonly string[];
  /** The mode as the system shows it; null: it does not. */
  readonly bootMode: "UEFI" | "Legacy" | null;
  /** What a change without, or with, BootSourceOverrideMode gets. */
  readonly modeInPatch: "optional" | "refused" | "required";
  readonly wantsIfMatch: boolean;
  readonly hasEventStream: boolean;
  readonly sensors: "power_thermal" | "environment_metrics";
  /** Tells of a wrong password by this status. */
  readonly sessionsMax: number;
}

const ALL_RESETS = ["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi"];
const ALL_TARGETS = ["None", "Pxe", "Hdd", "Cd", "Usb", "BiosSetup", "UefiTarget", "UefiHttp"];

const USUAL: RedfishFlavour = {
  root: {},
  system: { id: "1", manufacturer: "Rackwright", model: "Simulated" },
  manager: "1",
  chassis: "1",
  otherSystems: [],
  wantsSlash: false,
  resetTypes: ALL_RESETS,
  resetTypesIn: "inline",
  bootTargets: ALL_TARGETS,
  bootMode: "UEFI",
  modeInPatch: "optional",
  wantsIfMatch: false,
  hasEventStream: true,
  sensors: "power_thermal",
  sessionsMax: 8,
};

/** Sources are those of `rack-agent/protocol/redfish/recorded_answers.ts`. */
export const FLAVOURS = {
  generic: USUAL,
  dell: {
    ...USUAL,
    root: { Vendor: "Dell", Product: "Integrated Dell Remote Access Controller" },
    system: { id: "System.Embedded.1", manufacturer: "Dell Inc.", model: "PowerEdge R640" },
    manager: "iDRAC.Embedded.1",
    chassis: "System.Embedded.1",
    resetTypes: [...ALL_RESETS, "PowerCycle", "PushPowerButton"],
  },
  hpe: {
    ...USUAL,
    root: { Vendor: "HPE", Product: "ProLiant DL360 Gen10", Oem: { Hpe: {} } },
    system: { id: "1", manufacturer: "HPE", model: "ProLiant DL360 Gen10" },
    wantsSlash: true,
    resetTypes: ["On", "ForceOff", "GracefulShutdown", "ForceRestart", "Nmi", "PushPowerButton"],
    modeInPatch: "refused",
  },
  lenovo: {
    ...USUAL,
    root: { Vendor: "Lenovo", Oem: { Lenovo: {} } },
    system: { id: "1", manufacturer: "Lenovo", model: "ThinkSystem SR650" },
    wantsIfMatch: true,
    sensors: "environment_metrics",
  },
  supermicro: {
    ...USUAL,
    root: { Vendor: "Supermicro", Oem: { Supermicro: {} } },
    system: { id: "1", manufacturer: "Supermicro", model: "SYS-2029GP-TR" },
    bootTargets: ["None", "Pxe", "Floppy", "Cd", "Usb", "Hdd", "BiosSetup"],
    bootMode: "Legacy",
    modeInPatch: "required",
    hasEventStream: false,
  },
  openbmc: {
    ...USUAL,
    root: { Links: { ManagerProvidingService: { "@odata.id": "/redfish/v1/Managers/bmc" } } },
    system: { id: "system", manufacturer: "", model: "AC922" },
    manager: "bmc",
    chassis: "chassis",
    otherSystems: ["hypervisor"],
    resetTypes: [...ALL_RESETS, "ForceOn", "PowerCycle"],
    resetTypesIn: "action_info",
  },
} as const satisfies Record<string, RedfishFlavour>;

export type FlavourName = keyof typeof FLAVOURS;
export const FLAVOUR_NAMES = Object.keys(FLAVOURS) as FlavourName[]; // safe: keys of the same
