import { type Cidr, cidrContains, cidrsOverlap, formatCidr } from "@/shared/net/cidr.ts";
import { type Ipv4, ipv4ToNumber, parseIpv4 } from "@/shared/net/ipv4.ts";
import { DomainError, type DomainErrorKind } from "@/shared/errors/domain_error.ts";

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/** What a subnet holds so far. */
export interface SubnetContents {
  readonly cidr: Cidr;
  readonly gateway?: Ipv4;
  readonly ranges: readonly (AddressRange & { readonly kind: "dynamic" | "reserved" })[];
  readonly reservations: readonly Ipv4[];
}

/** Shorter than /8 is no network somebody has; longer than /30 has no address for a machine. */
const PREFIX_BITS_MIN = 8;
const PREFIX_BITS_MAX = 30;

/** Refuses a subnet that is too big, too small, or shares addresses with another of its site. */
export function checkNewSubnet(cidr: Cidr, others: readonly Cidr[]): void {
  if (cidr.prefixBits < PREFIX_BITS_MIN || cidr.prefixBits > PREFIX_BITS_MAX) {
    throw fault("invalid_input", "subnet.bad_prefix", {
      field: "cidr",
      message: `${formatCidr(cidr)} is not a usable size; ` +
        `use a prefix of ${PREFIX_BITS_MIN} to ${PREFIX_BITS_MAX} bits`,
    });
  }
  const other = others.find((each) => cidrsOverlap(cidr, each));
  if (other) {
    throw fault("conflict", "subnet.overlaps", {
      field: "cidr",
      message: `${formatCidr(cidr)} shares addresses with ${formatCidr(other)} of the same site`,
    });
  }
}

/** Refuses a router outside the subnet, or one on an address that is given to machines. */
export function checkGateway(gateway: Ipv4, subnet: Omit<SubnetContents, "gateway">): void {
  checkHostAddress(gateway, subnet.cidr, "gateway");
  const dynamic = subnet.ranges.find((range) =>
    range.kind === "dynamic" && rangeContains(range, gateway)
  );
  if (dynamic || subnet.reservations.includes(gateway)) {
    throw fault("conflict", "subnet.gateway_given_out", {
      field: "gateway",
      message: `${gateway} is ${dynamic ? "in a dynamic range" : "reserved for a machine"}`,
    });
  }
}

/** Refuses a range that is backwards, leaves its subnet, or takes what is taken. */
export function checkNewRange(
  range: AddressRange & { readonly kind: "dynamic" | "reserved" },
  subnet: SubnetContents,
): void {
  checkHostAddress(range.first, subnet.cidr, "first");
  checkHostAddress(range.last, subnet.cidr, "last");
  if (ipv4ToNumber(range.first) > ipv4ToNumber(range.last)) {
    throw fault("invalid_input", "range.backwards", {
      field: "last",
      message: `${range.last} comes before ${range.first}`,
    });
  }
  const other = subnet.ranges.find((each) => rangesOverlap(each, range));
  if (other) {
    throw fault("conflict", "range.overlaps", {
      field: "first",
      message: `${range.first}-${range.last} overlaps ${other.first}-${other.last}`,
    });
  }
  if (range.kind === "reserved") return;
  const taken = [...subnet.gateway ? [subnet.gateway] : [], ...subnet.reservations]
    .find((address) => rangeContains(range, address));
  if (taken) {
    throw fault("conflict", "range.holds_promised_address", {
      field: "first",
      message: `${taken} is the router or reserved for a machine; leave it out of the range`,
    });
  }
}

/** Refuses an address outside the subnet, the router's, or one that any machine may be given. */
export function checkNewReservation(address: Ipv4, subnet: SubnetContents): void {
  checkHostAddress(address, subnet.cidr, "ipv4");
  if (address === subnet.gateway) {
    throw fault("conflict", "reservation.is_gateway", {
      field: "ipv4",
      message: `${address} is the subnet's router`,
    });
  }
  const dynamic = subnet.ranges.find((each) =>
    each.kind === "dynamic" && rangeContains(each, address)
  );
  if (dynamic) {
    throw fault("conflict", "reservation.in_dynamic_range", {
      field: "ipv4",
      message:
        `${address} is in the dynamic range ${dynamic.first}-${dynamic.last}; choose one outside`,
    });
  }
}

/** A range as it is stored; it was checked on its way in. */
export function storedRange<R extends { first: string; last: string }>(
  row: R,
): Omit<R, "first" | "last"> & AddressRange {
  return { ...row, first: parseIpv4(row.first), last: parseIpv4(row.last) };
}

function checkHostAddress(address: Ipv4, cidr: Cidr, field: string): void {
  if (!cidrContains(cidr, address)) {
    throw fault("invalid_input", "subnet.address_outside", {
      field,
      message: `${address} is not in ${formatCidr(cidr)}`,
    });
  }
  if (address === cidr.network || address === cidr.broadcast) {
    throw fault("invalid_input", "subnet.address_not_usable", {
      field,
      message: `${address} is the network or broadcast address of ${formatCidr(cidr)}`,
    });
  }
}

function rangeContains(range: AddressRange, address: Ipv4): boolean {
  const value = ipv4ToNumber(address);
  return value >= ipv4ToNumber(range.first) && value <= ipv4ToNumber(range.last);
}

function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return rangeContains(a, b.first) || rangeContains(b, a.first);
}

function fault(
  kind: DomainErrorKind,
  code: string,
  detail: { field: string; message: string },
): DomainError {
  return new DomainError({ kind, code, ...detail });
}
