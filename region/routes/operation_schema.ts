import { z } from "@hono/zod-openapi";
import { Failure } from "@/shared/contract/failure.ts";
import { ERASE_WAYS, OPERATION_KINDS } from "@/shared/machine/lifecycle.ts";

export const OperationState = z.enum(["running", "done", "failed", "aborted"]);

export const Operation = z.object({
  id: z.string(),
  kind: z.enum(OPERATION_KINDS),
  /** The machine's system id. */
  machine: z.string(),
  siteId: z.string(),
  state: OperationState,
  imageId: z.string().nullable(),
  /** erase: how. */
  erase: z.enum(ERASE_WAYS).nullable(),
  /** What the person said who asked for it. */
  comment: z.string().nullable(),
  askedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  deadlineAt: z.string().nullable(),
  failure: Failure.nullable(),
  /** Where it is, or where it ended; null when there was nothing to do at the site. */
  phase: z.string().nullable(),
  phaseStartedAt: z.string().nullable(),
});

export const OperationDetail = Operation.extend({
  /** Where its time went, without gaps; milliseconds since the epoch. */
  spans: z.array(z.object({
    name: z.string(),
    owner: z.enum(["control", "power", "firmware", "transfer", "system", "disk"]),
    startMs: z.number(),
    endMs: z.number(),
    bytes: z.number(),
  })),
  installScript: z.string().nullable(),
});
