import type { NewFact } from "@/shared/contract/facts.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import type { PowerOrder } from "@/shared/machine/boot_plan.ts";
import type { PowerOrder as DriverOrder } from "@/rack-agent/protocol/power/order.ts";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import type { Log } from "@/rack-agent/runtime/log.ts";
import type { PowerExecutor } from "../operations_service.ts";
import { CertificatePins } from "./certificate_pins.ts";
import { BmcDescriptions } from "./describe_bmc.ts";
import { HostNames } from "./host_names.ts";
import { IpmiSockets } from "./ipmi_sockets.ts";
import { openDriver } from "./open_driver.ts";
import { PowerOrders } from "./power_orders.ts";
import { RedfishDriver } from "./redfish_driver.ts";
import { RedfishEvents } from "./redfish_events.ts";
import { PowerWatch } from "./power_watch.ts";

/** What a boot plan's order is for a driver. */
const DRIVER_ORDER: Record<PowerOrder, DriverOrder> = {
  network_boot: "cycle_to_network",
  on: "on",
  off: "off",
  cycle: "cycle",
  query: "query",
};

/** A BMC ends a session that nobody used for a minute, IPMI 2.0 §6.12.15; we end it first. */
const KEEP_SESSION_MS = 50_000;

export interface PowerControlDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly siteKey: () => string;
  /** Broadcast addresses of the networks that this host is in. */
  readonly broadcasts: () => readonly string[];
  record(fact: NewFact): void;
}

/** Everything that this agent does with BMCs: boot plans' orders, and the watch over power states. */
export interface PowerControl {
  readonly execute: PowerExecutor;
  readonly watch: PowerWatch;
  applyState(state: SiteState): void;
}

export function powerControl(deps: PowerControlDeps): PowerControl {
  const { clock, log, record } = deps;
  const nowMs = () => clock.monoMs();
  const pins = new CertificatePins((seen) => record({ kind: "bmc.certificate_seen", ...seen }));
  const sockets = new IpmiSockets();
  const names = new HostNames();
  const orders = new PowerOrders({
    openDriver: (bmc) =>
      openDriver(bmc, {
        clock: { nowMs },
        sockets,
        names,
        broadcasts: deps.broadcasts,
        onCertificate: (seen, sha256) => pins.note(seen, sha256),
      }),
    clock: { nowMs, wait: sleep },
    keepMs: KEEP_SESSION_MS,
  });
  const descriptions = new BmcDescriptions(deps.siteKey);
  const watch = new PowerWatch({
    clock,
    log,
    record,
    poll: async (machine, signal) =>
      await orders.poll(pins.withPin(machine.systemId, await descriptions.of(machine)), signal),
    chance: () => Math.random(),
    close: async () => {
      events.close();
      await orders.close();
    },
  });
  const events = new RedfishEvents({
    log,
    onEvent: (systemId) => watch.askSoon(systemId),
    listen: async (machine, onEvent, signal) => {
      const bmc = pins.withPin(machine.systemId, await descriptions.of(machine));
      if (bmc.kind !== "redfish") return;
      const driver = new RedfishDriver(bmc, {
        onCertificate: (sha256) => pins.note(bmc, sha256),
      });
      try {
        await driver.watch(onEvent, signal);
      } finally {
        await driver.close();
      }
    },
  });
  return {
    watch,
    execute: async (machine, order, signal) => {
      const bmc = pins.withPin(machine.systemId, await descriptions.of(machine));
      const options = { signal, uefi: machine.firmware === "uefi" };
      const done = await orders.executeOrder(bmc, DRIVER_ORDER[order], options);
      watch.noteOrder(machine.systemId, done.state);
      return done;
    },
    applyState: (state) => {
      descriptions.keepOnly(state.machines);
      watch.applyState(state);
      events.applyMachines(state.machines);
    },
  };
}
