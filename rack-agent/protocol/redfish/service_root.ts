import { type Json, linkIn, objectIn, textIn } from "./json.ts";
import type { Vendor } from "./quirks.ts";

/** DSP0266 §6.2: with the slash; some BMCs redirect or refuse without. */
export const ROOT_PATH = "/redfish/v1/";

/** What a BMC tells of itself before anybody has logged in, DSP0268 "ServiceRoot". */
export interface ServiceRoot {
  readonly vendor: Vendor;
  /** As it calls itself; absent: it does not say. */
  readonly product?: string;
  readonly uuid?: string;
  readonly version?: string;
  readonly systems?: string;
  readonly chassis?: string;
  readonly managers?: string;
  readonly sessions: string;
  readonly eventService?: string;
}

/** Undefined: this is no service root. */
export function readServiceRoot(body: Json | undefined): ServiceRoot | undefined {
  if (!textIn(body, "RedfishVersion") && !textIn(body, "@odata.type")?.includes("ServiceRoot")) {
    return undefined;
  }
  return {
    vendor: vendorOf(body),
    product: textIn(body, "Product")?.slice(0, 100),
    uuid: textIn(body, "UUID")?.slice(0, 64),
    version: textIn(body, "RedfishVersion")?.slice(0, 32),
    systems: linkIn(body, "Systems"),
    chassis: linkIn(body, "Chassis"),
    managers: linkIn(body, "Managers"),
    sessions: linkIn(objectIn(body, "Links"), "Sessions") ?? `${ROOT_PATH}SessionService/Sessions`,
    eventService: linkIn(body, "EventService"),
  };
}

const NAMES: readonly (readonly [RegExp, Vendor])[] = [
  [/dell/i, "dell"],
  [/^hpe?$|hewlett/i, "hpe"],
  [/lenovo/i, "lenovo"],
  [/super ?micro|^smc/i, "supermicro"],
  [/openbmc/i, "openbmc"],
];

function vendorOf(root: Json | undefined): Vendor {
  const names = [textIn(root, "Vendor") ?? "", ...Object.keys(objectIn(root, "Oem"))];
  for (const [pattern, vendor] of NAMES) {
    if (names.some((name) => pattern.test(name))) return vendor;
  }
  const manager = linkIn(objectIn(root, "Links"), "ManagerProvidingService");
  return manager?.endsWith("/Managers/bmc") ? "openbmc" : "other"; // bmcweb's name for itself
}
