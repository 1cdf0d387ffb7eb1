import type { BmcDescription, PowerClock, PowerDriver } from "./driver.ts";
import type { HostNames } from "./host_names.ts";
import { openIpmiDriver } from "./ipmi_driver.ts";
import type { IpmiSockets } from "./ipmi_sockets.ts";
import { ManualDriver } from "./manual_driver.ts";
import { RedfishDriver } from "./redfish_driver.ts";
import { WakeOnLanDriver } from "./wake_on_lan_driver.ts";
import { WebhookDriver } from "./webhook_driver.ts";

/** What drivers need from the world. */
export interface DriverDeps {
  readonly clock: Pick<PowerClock, "nowMs">;
  /** That IPMI sessions share; absent: each has its own. */
  readonly sockets?: IpmiSockets;
  /** That IPMI connections ask; absent: each for itself. */
  readonly names?: HostNames;
  /** Broadcast addresses of the networks that this host is in. */
  readonly broadcasts: () => readonly string[];
  /** The certificate that a BMC showed to whoever could log in. */
  readonly onCertificate: (bmc: BmcDescription, sha256: string) => void;
}

/** The driver for a BMC. Nothing is sent before its first call. */
export function openDriver(bmc: BmcDescription, deps: DriverDeps): PowerDriver {
  switch (bmc.kind) {
    case "ipmi":
      return openIpmiDriver(bmc, deps);
    case "redfish":
      return new RedfishDriver(bmc, {
        onCertificate: (sha256) => deps.onCertificate(bmc, sha256),
      });
    case "webhook":
      return new WebhookDriver(bmc);
    case "wake_on_lan":
      return new WakeOnLanDriver(bmc, deps.broadcasts);
    case "manual":
      return new ManualDriver();
  }
}
