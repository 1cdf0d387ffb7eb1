import type { Db } from "@/region/db/client.ts";
import {
  findFreeAddress,
  findPromiseHolder,
  insertIpAddress,
  type IpAddressRow,
  listStrayLeases,
  type NewIpAddress,
} from "@/region/db/queries/ip_addresses.ts";
import { findOpenLease, type SubnetRow } from "@/region/db/queries/subnets.ts";
import { allocatableRanges } from "@/region/domain/networks/address_plan.ts";
import { checkPromise, type SubnetPlan } from "@/region/domain/networks/network_rules.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type IpAddress, parseIpAddress } from "@/shared/net/ip_address.ts";

/** What is promised, but for the address. */
export type Promised = Omit<NewIpAddress, "ip" | "subnetId"> & {
  /** Absent: any free one. */
  readonly ip?: IpAddress;
};

/**
 * Promises an address of a subnet: the one that was named, or the lowest free one.
 *
 * The caller's transaction holds the lock on the site. Throws `subnet.full` when none is free, and a
 * violation of `ip_addresses_subnet_ip` or `ip_addresses_subnet_mac` when it was promised before.
 */
export async function promiseAddress(
  tx: Db,
  subnet: { row: SubnetRow; plan: SubnetPlan },
  { ip: named, ...promised }: Promised,
): Promise<IpAddressRow> {
  if (named) {
    await checkNamed(tx, subnet, { ...promised, ip: named });
    await refuseTaken(tx, subnet.row.id, named);
  }
  const ip = named ?? await chooseAddress(tx, subnet);
  return await insertIpAddress(tx, { ...promised, ip, subnetId: subnet.row.id });
}

/** Refuses an address that may not be promised, or that somebody else uses at this moment. */
export async function checkNamed(
  tx: Db,
  { row, plan }: { row: SubnetRow; plan: SubnetPlan },
  { ip, mac, kind }: Promised & { readonly ip: IpAddress },
): Promise<void> {
  checkPromise(ip, plan, kind === "reservation");
  const lease = await findOpenLease(tx, row.siteId, ip);
  if (lease && lease.mac !== mac) {
    throw new DomainError({
      kind: "conflict",
      code: "ip_address.leased",
      field: "ip",
      value: ip,
      message: `${lease.mac} uses ${ip} until its lease ends`,
    });
  }
}

/** Says who has it; what comes between this and the insert, the unique index refuses. */
async function refuseTaken(tx: Db, subnetId: number, ip: IpAddress): Promise<void> {
  const holder = await findPromiseHolder(tx, subnetId, ip);
  if (!holder) return;
  const { kind, mac, interfaceName, hostname, username, comment } = holder;
  const whose = interfaceName !== null
    ? `the ${kind} address of ${hostname}'s ${interfaceName}`
    : kind === "reservation"
    ? `reserved for ${mac}${hostname === null ? "" : ` (${hostname})`}`
    : `kept for ${username ?? "somebody"}`;
  const said = comment === "" ? "" : `: ${comment}`;
  throw new DomainError({
    kind: "conflict",
    code: TAKEN,
    field: "ip",
    value: ip,
    message: `${ip} is ${whose}${said}; choose another, or free it first`,
  });
}

async function chooseAddress(
  tx: Db,
  { row, plan }: { row: SubnetRow; plan: SubnetPlan },
): Promise<IpAddress> {
  const servers = [...row.dnsServers, ...row.ntpServers].map(parseIpAddress);
  const kept = [...servers, ...await listStrayLeases(tx, row.id)];
  const free = allocatableRanges({ ...plan, isManaged: row.isManaged, kept });
  const ip = await findFreeAddress(tx, row.id, free);
  if (ip) return ip;
  throw new DomainError({
    kind: "conflict",
    code: "subnet.full",
    message: row.isManaged
      ? `${row.cidr} has no free address outside its ranges`
      : `${row.cidr} is not managed here, and its reserved ranges have no free address`,
  });
}

const TAKEN = "ip_address.taken";

/** What to say when an address is promised twice. */
export function promiseRefusals(who: { ip?: string; mac?: string | null }) {
  return {
    ip_addresses_subnet_ip: {
      code: TAKEN,
      message: `${who.ip ?? "the address"} is promised to somebody already`,
      field: "ip",
    },
    ip_addresses_subnet_mac: {
      code: "reservation.mac_taken",
      message: `${who.mac} has a reservation in this subnet already`,
      field: "mac",
    },
  };
}
