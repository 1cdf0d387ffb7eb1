import type { StateMachine } from "@/shared/contract/site_state.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { OperationsService } from "./operations_service.ts";
import type { SiteStore } from "./site_store.ts";

/** Who a machine is, for the facts about it. */
export interface FactSubject {
  readonly mac: MacAddress;
  readonly systemId?: string;
  /** Its operation, while that is under way. */
  readonly operationId?: string;
}

/** Ties addresses to machines and their operations. */
export class Who {
  constructor(
    private readonly deps: {
      readonly store: SiteStore;
      readonly operations: OperationsService;
      /** The MAC that holds a lease on this address now. */
      readonly macOfLease: (ipv4: string) => MacAddress | undefined;
    },
  ) {}

  /** The machine that this address is leased to; undefined when it is not ours. */
  macAt(ipv4: string): MacAddress | undefined {
    return this.deps.macOfLease(ipv4);
  }

  machine(mac: MacAddress): StateMachine | undefined {
    return this.deps.store.machineOf(mac);
  }

  /** The subject of a fact about this MAC. */
  subject(mac: MacAddress): FactSubject {
    const machine = this.deps.store.machineOf(mac);
    if (!machine) return { mac };
    const operation = this.deps.operations.operationOf(machine.systemId);
    const isRunning = operation?.step.outcome.kind === "running";
    return {
      mac,
      systemId: machine.systemId,
      ...(isRunning ? { operationId: operation.order.id } : {}),
    };
  }
}
