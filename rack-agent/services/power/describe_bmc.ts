import { KnownPower, type StateBmc, type StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import { openSecret } from "../region_sync/site_document.ts";
import type { BmcDescription } from "./driver.ts";

/**
 * What `describeBmc` says of each machine, kept while its access stays the same.
 *
 * Opening a secret costs more than asking a BMC, and a BMC is asked twice a minute.
 */
export class BmcDescriptions {
  readonly #siteKey: () => string;
  readonly #known = new Map<string, { access: string; bmc: Promise<BmcDescription> }>();

  constructor(siteKey: () => string) {
    this.#siteKey = siteKey;
  }

  of(machine: StateMachine): Promise<BmcDescription> {
    const access = accessOf(machine);
    const known = this.#known.get(machine.systemId);
    if (known?.access === access) return known.bmc;
    const bmc = describeBmc(machine, this.#siteKey());
    this.#known.set(machine.systemId, { access, bmc });
    bmc.catch(() => this.#known.delete(machine.systemId)); // the next asks again
    return bmc;
  }

  /** Forgets the secrets of machines that are not among these. */
  keepOnly(machines: readonly StateMachine[]): void {
    const kept = new Set(machines.map(({ systemId }) => systemId));
    for (const systemId of this.#known.keys()) {
      if (!kept.has(systemId)) this.#known.delete(systemId);
    }
  }
}

/** How a machine's BMC is reached, in one string that changes with it; secrets stay sealed in it. */
export function accessOf({ bmc, power }: StateMachine): string {
  return JSON.stringify([bmc, power]);
}

/**
 * How to reach a machine's BMC, with its secrets opened.
 *
 * DomainErrors: `power.no_bmc`, and `power.kind_unknown` for one that a later version brought.
 */
async function describeBmc(machine: StateMachine, siteKey: string): Promise<BmcDescription> {
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
