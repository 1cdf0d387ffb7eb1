import { z } from "zod";
import { Failure } from "@/shared/contract/failure.ts";

/** What the lab reads of the region's answers: the least it needs, so that fields may be added. */
export const SiteView = z.object({ id: z.string(), name: z.string() });
export type SiteView = z.infer<typeof SiteView>;

export const SubnetView = z.object({ id: z.int() });
export const JoinTokenView = z.object({ token: z.string() });
export const Anything = z.unknown();

export const BootSourceView = z.object({ id: z.string() });
export const SyncView = z.object({
  id: z.string(),
  state: z.enum(["running", "done", "failed", "cancelled"]),
  failure: z.object({ message: z.string() }).nullish(),
});

export const ImageView = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string().nullish(),
});
/** A list as the region sends it: below its name, beside what a page needs. */
export function listOf<T extends z.ZodType>(name: string, item: T): z.ZodType<z.infer<T>[]> {
  // What the schema has just checked under this name is the list.
  return z.looseObject({ [name]: z.array(item) })
    .transform((page) => page[name] as z.infer<T>[]);
}

export const OperationView = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(["running", "done", "failed", "aborted"]),
  askedAt: z.string(),
  startedAt: z.string().nullish(),
  endedAt: z.string().nullish(),
  phase: z.string().nullish(),
  failure: Failure.nullish(),
  spans: z.array(z.object({
    name: z.string(),
    owner: z.string(),
    startMs: z.number(),
    endMs: z.number(),
    bytes: z.number(),
  })).default([]),
});
export type OperationView = z.infer<typeof OperationView>;

export const OperationStarted = z.object({ operation: z.object({ id: z.string() }) });

export const MachineView = z.object({
  systemId: z.string(),
  hostname: z.string(),
  status: z.string(),
  statusChangedAt: z.string(),
  macs: z.array(z.string()),
  power: z.object({ state: z.string(), at: z.string().nullish() }),
  bmc: z.object({ certificateSha256: z.string().nullish() }).nullish(),
  failure: Failure.nullish(),
  operation: z.object({
    id: z.string(),
    kind: z.string(),
    phase: z.string().nullish(),
  }).nullish(),
});
export type MachineView = z.infer<typeof MachineView>;

export const EventView = z.object({
  /** Rises with every event. */
  id: z.int(),
  /** The machine's system id. */
  machine: z.string().nullish(),
  message: z.string(),
});
