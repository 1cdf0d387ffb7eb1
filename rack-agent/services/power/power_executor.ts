import type { PowerOrder } from "@/shared/machine/boot_plan.ts";
import type { StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { PowerOrder as DriverOrder } from "@/rack-agent/protocol/power/order.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import type { PowerExecutor } from "../operations_service.ts";
import { openSecret } from "../region_sync/site_document.ts";
import { openIpmiDriver } from "./ipmi_driver.ts";
import { PowerOrders } from "./power_orders.ts";

/** What a boot plan's order is for a driver. */
const DRIVER_ORDER: Record<PowerOrder, DriverOrder> = {
  network_boot: "cycle_to_network",
  on: "on",
  off: "off",
  cycle: "cycle",
  query: "query",
};

/** Carries out boot plans' power orders on the BMCs that the site's state describes. */
export function powerExecutor(clock: Clock, siteKey: () => string): PowerExecutor {
  const nowMs = () => clock.monoMs();
  const orders = new PowerOrders({
    openDriver: (bmc) => openIpmiDriver(bmc, { clock: { nowMs } }),
    clock: { nowMs, wait: sleep },
  });
  return async (machine, order, signal) => {
    const { kind, address, port, username, sealedPassword } = requireBmc(machine);
    const password = await openSecret(sealedPassword, siteKey());
    const bmc = { kind, address, port, username, password };
    const options = { signal, uefi: machine.firmware === "uefi" };
    return await orders.executeOrder(bmc, DRIVER_ORDER[order], options);
  };
}

function requireBmc(machine: StateMachine) {
  if (machine.bmc) return machine.bmc;
  throw new DomainError({
    kind: "conflict",
    code: "power.no_bmc",
    message: `${machine.hostname} has no BMC configured; set its address and credentials`,
  });
}
