import { z } from "@hono/zod-openapi";
import type { MachineQuery } from "@/region/services/machines/read_machines.ts";
import { MACHINE_STATUSES } from "@/shared/machine/lifecycle.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { TextId } from "./api.ts";
import { manyOf } from "./list_query.ts";

const Name = z.string().min(1).max(64);
const SEARCH_CHARS_MAX = 100;

/** In any of the usual notations; compared as it is stored. */
export const Mac = z.string().max(32).transform((text, ctx) => {
  try {
    return parseMacAddress(text);
  } catch {
    ctx.addIssue({ code: "custom", message: "is not a MAC address" });
    return z.NEVER;
  }
});

/** The filters that every request about many machines takes; several values are separated by commas. */
export const machineFilters = {
  systemId: manyOf(TextId).openapi({ description: "These machines" }),
  siteId: manyOf(TextId).openapi({ description: "At any of these sites" }),
  status: manyOf(z.enum(MACHINE_STATUSES)).openapi({
    description: `In any of these statuses: ${MACHINE_STATUSES.join(", ")}`,
    example: "Ready,Allocated",
  }),
  zone: manyOf(Name).openapi({ description: "In any of these zones, by name" }),
  pool: manyOf(Name).openapi({ description: "In any of these pools, by name" }),
  domain: manyOf(z.string().min(1).max(255)).openapi({
    description: "In any of these DNS domains, by name",
  }),
  tag: manyOf(Name).openapi({ description: "With all of these tags", example: "gpu,fast-net" }),
  anyTag: manyOf(Name).openapi({ description: "With at least one of these tags" }),
  notTag: manyOf(Name).openapi({ description: "With none of these tags" }),
  owner: manyOf(z.string().min(1).max(256)).openapi({ description: "Of any of these users" }),
  architecture: manyOf(z.string().max(32)).openapi({ description: "Such as `amd64,arm64`" }),
  powerState: manyOf(z.enum(["on", "off", "unknown"])).openapi({
    description: "Last seen in any of these: on, off, unknown",
  }),
  hostnamePrefix: z.string().min(1).max(63).optional().openapi({
    description: "Whose name begins so",
  }),
  mac: manyOf(Mac).openapi({ description: "With an interface that has one of these addresses" }),
  ip: manyOf(z.string().min(1).max(64)).openapi({
    description: "With an interface that holds one of these addresses",
  }),
  q: z.string().min(1).max(SEARCH_CHARS_MAX).optional().openapi({
    description:
      "A piece of the name, system id, description or a MAC, or the beginning of an IP address",
  }),
};

type Filters = z.output<z.ZodObject<typeof machineFilters>>;

/** Parts the filters from whatever else the query holds. */
export function splitMachineQuery<Q extends Filters>(
  query: Q,
): { filter: MachineQuery; rest: Omit<Q, keyof Filters> } {
  const names = new Set(Object.keys(machineFilters));
  const entries = Object.entries(query);
  const part = (isFilter: boolean) =>
    Object.fromEntries(entries.filter(([name]) => names.has(name) === isFilter));
  // The one half has exactly the filters, the other all the rest.
  return { filter: part(true) as MachineQuery, rest: part(false) as Omit<Q, keyof Filters> };
}
