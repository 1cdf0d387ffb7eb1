import {
  listOperationMachineIds,
  listOperationStandings,
  lockMachines,
  type MachineRow,
  type OperationStanding,
} from "@/region/db/queries/outcomes.ts";
import type { Db } from "@/region/db/client.ts";
import { listInterfacesByMac } from "@/region/db/queries/interfaces.ts";
import type { AnyFact } from "@/shared/contract/facts.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/** The machine and the operation a fact is about, as far as the agent's site has them. */
export interface Subject {
  readonly machine?: MachineRow;
  readonly standing?: OperationStanding;
  /** Names a machine or an operation that is not this site's, or two that do not belong together. */
  readonly isForeign: boolean;
}

/**
 * The machines and operations that a batch speaks of, read and locked once, then kept up to date by
 * whoever changes them. Nothing outside the agent's own site is ever in it.
 */
export class FactScope {
  readonly #machines = new Map<number, MachineRow>();
  readonly #standings = new Map<string, OperationStanding>();
  readonly #machineIdByMac = new Map<string, number>();

  /** Four statements, however many facts. */
  static async load(tx: Db, siteId: string, facts: readonly AnyFact[]): Promise<FactScope> {
    const scope = new FactScope();
    const operationIds = distinct(facts.map(({ operationId }) => operationId));
    const macs = distinct(facts.map(({ mac }) => macOf(mac)));
    const systemIds = distinct(facts.map(({ systemId }) => systemId));
    const interfaces = await listInterfacesByMac(tx, siteId, macs);
    const ids = [
      ...await listOperationMachineIds(tx, siteId, operationIds),
      ...interfaces.map(({ machineId }) => machineId),
    ];
    for (const machine of await lockMachines(tx, siteId, { ids, systemIds })) {
      scope.putMachine(machine);
    }
    for (const { mac, machineId } of interfaces) scope.#machineIdByMac.set(mac, machineId);
    for (const standing of await listOperationStandings(tx, siteId, operationIds)) {
      scope.#standings.set(standing.operation.id, standing);
    }
    return scope;
  }

  /** By system id, else by operation, else by MAC. */
  subjectOf(fact: AnyFact): Subject {
    const standing = this.#standings.get(fact.operationId ?? "");
    const bySystemId = this.#machines.values().find((each) => each.systemId === fact.systemId);
    const machine = bySystemId ??
      this.#machines.get(standing?.operation.machineId ?? this.#machineOfMac(fact.mac));
    const isForeign = (fact.systemId !== undefined && !bySystemId) ||
      (fact.operationId !== undefined && !standing) ||
      (standing !== undefined && standing.operation.machineId !== machine?.id);
    return isForeign ? { isForeign } : { machine, standing, isForeign };
  }

  putMachine(machine: MachineRow, mac?: string): void {
    this.#machines.set(machine.id, machine);
    if (mac !== undefined) this.#machineIdByMac.set(mac, machine.id);
  }

  putStanding(standing: OperationStanding): void {
    this.#standings.set(standing.operation.id, standing);
  }

  /** Remembers what is known now; calling the result goes back to it, as a savepoint does. */
  snapshot(): () => void {
    const maps: [Map<unknown, unknown>, Map<unknown, unknown>][] = [
      [this.#machines, new Map(this.#machines)],
      [this.#standings, new Map(this.#standings)],
      [this.#machineIdByMac, new Map(this.#machineIdByMac)],
    ];
    return () => {
      for (const [map, before] of maps) {
        map.clear();
        for (const [key, value] of before) map.set(key, value);
      }
    };
  }

  #machineOfMac(mac: string | undefined): number {
    return this.#machineIdByMac.get(macOf(mac) ?? "") ?? NO_MACHINE;
  }
}

/** Serial numbers start at 1. */
const NO_MACHINE = 0;

/** In the one spelling we use; undefined when it is no MAC address. */
export function macOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return parseMacAddress(text);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
