import { customType, timestamp } from "drizzle-orm/pg-core";
import { type IpAddress, parseIpAddress } from "@/shared/net/ip_address.ts";

/** A moment, to the millisecond: what a JavaScript `Date` can hold, so it compares equal when read back. */
export function moment(name: string) {
  return timestamp(name, { withTimezone: true, mode: "date", precision: 3 });
}

/** One address of either family, which the database can order and count on from. */
export function ipAddress(name: string) {
  return customType<{ data: IpAddress; driverData: string }>({
    dataType: () => "inet",
    // PostgreSQL spells a few IPv6 addresses differently from RFC 5952.
    fromDriver: parseIpAddress,
  })(name);
}
