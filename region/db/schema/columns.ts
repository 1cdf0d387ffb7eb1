import { timestamp } from "drizzle-orm/pg-core";

/** A moment, to the millisecond: what a JavaScript `Date` can hold, so it compares equal when read back. */
export function moment(name: string) {
  return timestamp(name, { withTimezone: true, mode: "date", precision: 3 });
}
