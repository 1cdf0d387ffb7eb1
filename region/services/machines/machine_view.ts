import type { RegionContext } from "@/region/context.ts";
import { listMacs } from "@/region/db/queries/interfaces.ts";
import { listRunningOperations, type RunningOperation } from "@/region/db/queries/operations.ts";
import { listUsernames } from "@/region/db/queries/users.ts";
import type { ListedMachineRow } from "@/region/db/queries/machine_list.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import { availableActions } from "@/region/domain/machine_action.ts";
import { formatAction } from "@/shared/machine/lifecycle.ts";
import type { Caller } from "../identity/caller.ts";
import { type InterfaceView, viewInterfaces } from "../interfaces/interface_view.ts";
import { readNetworks } from "../interfaces/read_network.ts";
import { powerReach, viewBmc } from "./bmc_access.ts";
import { type Grouping, readGrouping } from "./place_machine.ts";

/** A machine as people see it; secrets are left out by naming what goes in. */
export type MachineView = ListedMachineView & Pick<MachineRow, "inventory"> & {
  readonly interfaces: InterfaceView[];
};

/** A machine as it stands in a list: without its inventory and its interfaces. */
export type ListedMachineView = ReturnType<typeof viewOf>;

/** The whole views of these machines. */
export async function viewMachines(
  ctx: RegionContext,
  caller: Caller,
  rows: readonly MachineRow[],
): Promise<MachineView[]> {
  const networks = await readNetworks(ctx.db, rows.map(({ id }) => id));
  const views = await viewListed(ctx, caller, rows);
  return views.map((view, i) => ({
    ...view,
    interfaces: viewInterfaces(networks.get(rows[i]?.id ?? 0) ?? []),
    inventory: rows[i]?.inventory ?? null,
  }));
}

/** The views of these machines, with a constant number of queries. */
export async function viewListed(
  ctx: RegionContext,
  caller: Caller,
  rows: readonly ListedMachineRow[],
): Promise<ListedMachineView[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [running, macs, usernames, grouping] = await Promise.all([
    listRunningOperations(ctx.db, ids),
    listMacs(ctx.db, ids),
    listUsernames(ctx.db),
    readGrouping(ctx.db, rows),
  ]);
  const operations = new Map(running.map((operation) => [operation.machineId, operation]));
  return rows.map((row) =>
    viewOf(row, {
      macs: macs.get(row.id) ?? [],
      operation: operations.get(row.id),
      owner: usernames.get(row.ownerUserId ?? 0) ?? null,
      caller,
      grouping: grouping.get(row.id),
    })
  );
}

interface Around {
  readonly macs: string[];
  readonly operation: RunningOperation | undefined;
  readonly owner: string | null;
  readonly caller: Caller;
  readonly grouping: Grouping | undefined;
}

function viewOf(row: ListedMachineRow, around: Around) {
  const { macs, operation, owner, caller, grouping } = around;
  const { status } = row;
  const subject = { ...row, ...powerReach(row.bmc), running: operation };
  const actions = availableActions(subject, caller);
  return {
    systemId: row.systemId,
    hostname: row.hostname,
    domain: grouping?.domain ?? "",
    fqdn: `${row.hostname}.${grouping?.domain ?? ""}`,
    siteId: row.siteId,
    status,
    statusChangedAt: row.statusChangedAt.toISOString(),
    statusComment: row.statusComment,
    returnsTo: row.returnsTo,
    isLocked: row.isLocked,
    power: {
      state: row.powerState,
      at: row.powerStateAt?.toISOString() ?? null,
      fault: row.powerFault,
    },
    macs,
    architecture: row.architecture,
    zone: grouping?.zone ?? "",
    pool: grouping?.pool ?? "",
    tags: grouping?.tags ?? [],
    description: row.description,
    agentName: row.agentName,
    ownerData: row.ownerData,
    cpuCount: row.cpuCount,
    memoryMib: row.memoryMib,
    diskCount: row.diskCount,
    storageBytes: row.storageBytes,
    bmc: row.bmc && viewBmc(row.bmc),
    imageId: row.imageId,
    failure: row.failure,
    actions: actions.map(formatAction),
    operation: operation ? viewUnderWay(operation) : null,
    owner,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
  };
}

function viewUnderWay({ id, kind, phase, phaseStartedAt }: RunningOperation) {
  return { id, kind, phase, phaseStartedAt: phaseStartedAt?.toISOString() ?? null };
}
