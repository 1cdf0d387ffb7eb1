import type { PowerOrder } from "@/shared/machine/boot_plan.ts";
import { KnownPower, type StateBmc, type StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { PowerOrder as DriverOrder } from "@/rack-agent/protocol/power/order.ts";
import type { CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { sleep } from "@/rack-agent/runtime/backoff.ts";
import type { PowerExecutor } from "../operations_service.ts";
import { openSecret } from "../region_sync/site_document.ts";
import type { BmcDescription } from "./driver.ts";
import { openDriver } from "./open_driver.ts";
import { PowerOrders } from "./power_orders.ts";

/** What a boot plan's order is for a driver. */
const DRIVER_ORDER: Record<PowerOrder, DriverOrder> = {
  network_boot: "cycle_to_network",
  on: "on",
  off: "off",
  cycle: "cycle",
  query: "query",
};

export interface PowerExecutorDeps {
  readonly clock: Clock;
  readonly siteKey: () => string;
  /** Broadcast addresses of the networks that this host is in. */
  readonly broadcasts: () => readonly string[];
  /** A BMC without a pinned certificate showed this one. */
  readonly onCertificate: (seen: { address: string; port: number; sha256: string }) => void;
}

/** Carries out boot plans' power orders on the BMCs that the site's state describes. */
export function powerExecutor(deps: PowerExecutorDeps): PowerExecutor {
  const { clock, siteKey, broadcasts } = deps;
  const nowMs = () => clock.monoMs();
  const pins = new CertificatePins(deps.onCertificate);
  const orders = new PowerOrders({
    openDriver: (bmc) =>
      openDriver(bmc, {
        clock: { nowMs },
        broadcasts,
        onCertificate: (seen, sha256) => pins.note(seen, sha256),
      }),
    clock: { nowMs, wait: sleep },
  });
  return async (machine, order, signal) => {
    const bmc = pins.withPin(await describeBmc(machine, siteKey()));
    const options = { signal, uefi: machine.firmware === "uefi" };
    return await orders.executeOrder(bmc, DRIVER_ORDER[order], options);
  };
}

/** What a BMC without a pinned certificate showed first holds until the region has pinned one. */
class CertificatePins {
  readonly #seen = new Map<string, string>();
  readonly #tell: PowerExecutorDeps["onCertificate"];

  constructor(tell: PowerExecutorDeps["onCertificate"]) {
    this.#tell = tell;
  }

  withPin(bmc: BmcDescription): BmcDescription {
    if (bmc.kind !== "redfish" || bmc.certificateSha256 !== undefined) return bmc;
    return { ...bmc, certificateSha256: this.#seen.get(keyOf(bmc)) };
  }

  note(bmc: BmcDescription, sha256: string): void {
    if (bmc.kind !== "redfish" || bmc.certificateSha256 !== undefined) return;
    this.#seen.set(keyOf(bmc), sha256);
    this.#tell({ address: bmc.address, port: bmc.port ?? 443, sha256 });
  }
}

function keyOf({ address, port }: BmcDescription): string {
  return `${address} ${port ?? ""}`;
}

/**
 * How to reach a machine's BMC, with its secrets opened.
 *
 * DomainErrors: `power.no_bmc`, and `power.kind_unknown` for one that a later version brought.
 */
export async function describeBmc(machine: StateMachine, siteKey: string): Promise<BmcDescription> {
  if (machine.bmc) return await describeIpmi(machine.bmc, siteKey);
  if (!machine.power) throw noBmc(machine);
  const parsed = KnownPower.safeParse(machine.power);
  if (!parsed.success) throw kindUnknown(machine, machine.power.kind);
  const power = parsed.data;
  switch (power.kind) {
    case "redfish": {
      const { sealedPassword, ...rest } = power;
      return { ...rest, password: await openSecret(sealedPassword, siteKey) };
    }
    case "webhook": {
      const { sealedPassword, ...rest } = power;
      const secret = sealedPassword === undefined
        ? undefined
        : await openSecret(sealedPassword, siteKey);
      return { ...rest, address: new URL(power.onUrl).host, secret };
    }
    case "wake_on_lan":
      return { kind: "wake_on_lan", address: power.mac, broadcast: power.broadcast };
    case "manual":
      return { kind: "manual", address: machine.systemId };
  }
}

async function describeIpmi(bmc: StateBmc, siteKey: string): Promise<BmcDescription> {
  const { sealedPassword, sealedKg, cipherSuite, ...rest } = bmc;
  return {
    ...rest,
    password: await openSecret(sealedPassword, siteKey),
    ...(sealedKg === undefined ? {} : { kg: await openSecret(sealedKg, siteKey) }),
    // Checked against the suites there are when the session is opened.
    ...(cipherSuite === undefined ? {} : { cipherSuite: cipherSuite as CipherSuiteId }),
  };
}

function noBmc(machine: StateMachine): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "power.no_bmc",
    message: `${machine.hostname} has no BMC configured; set its address and credentials`,
  });
}

function kindUnknown(machine: StateMachine, kind: string): DomainError {
  return new DomainError({
    kind: "conflict",
    code: "power.kind_unknown",
    value: kind.slice(0, 64),
    message:
      `${machine.hostname} is switched by "${kind.slice(0, 64)}", which this agent cannot; ` +
      "update the agent",
  });
}
