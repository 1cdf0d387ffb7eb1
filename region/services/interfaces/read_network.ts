import type { Db } from "@/region/db/client.ts";
import { type NetworkRows, readNetworkRows } from "@/region/db/queries/machine_network.ts";
import type { MachineInterface } from "@/region/domain/interfaces/interface.ts";

/** The interfaces of these machines by the machine's row number, in a constant number of statements. */
export async function readNetworks(
  db: Db,
  machineIds: readonly number[],
): Promise<Map<number, MachineInterface[]>> {
  const rows = await readNetworkRows(db, machineIds);
  const parents = Map.groupBy(rows.parents, ({ interfaceId }) => interfaceId);
  const links = Map.groupBy(rows.links, ({ row }) => row.interfaceId);
  const networks = new Map(machineIds.map((id) => [id, [] as MachineInterface[]]));
  for (const { row, vlan } of rows.interfaces) {
    networks.get(row.machineId)?.push({
      id: row.id,
      name: row.name,
      kind: row.kind,
      mac: row.mac,
      vlan,
      mtu: row.mtu,
      isEnabled: row.isEnabled,
      acceptRa: row.acceptRa,
      tags: row.tags,
      parameters: row.parameters,
      parentIds: (parents.get(row.id) ?? []).map(({ parentId }) => parentId),
      links: (links.get(row.id) ?? []).map(linkOf),
      version: row.version,
    });
  }
  return networks;
}

/** The interfaces of one machine, in the order they became known. */
export async function readNetwork(db: Db, machineId: number): Promise<MachineInterface[]> {
  return (await readNetworks(db, [machineId])).get(machineId) ?? [];
}

function linkOf({ row, ip, subnet }: NetworkRows["links"][number]) {
  const { id, mode, isDefaultGateway } = row;
  return { id, mode, subnet, ip, isDefaultGateway };
}
