import type { SubnetRow } from "@/region/db/queries/subnets.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";

export type SubnetView = ReturnType<typeof viewSubnet>;

/** A subnet as people see it. */
export function viewSubnet(row: SubnetRow) {
  return {
    ...row,
    family: parseNetwork(row.cidr).family,
    /** For those who only ask whether the agent gives addresses. */
    dhcp: row.dhcpMode === "serve",
  };
}
