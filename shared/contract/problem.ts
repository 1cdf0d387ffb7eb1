import { z } from "zod";
import type { DomainErrorKind } from "@/shared/errors/domain_error.ts";

/** The body of every refusal, at every endpoint: RFC 9457 with a stable `code` of ours. */
export const Problem = z.object({
  /** The HTTP status, repeated for readers that only keep the body. */
  status: z.int(),
  /** Stable and searchable, such as `machine.action_refused`. */
  code: z.string(),
  /** One sentence: what was wrong, the value seen, what would be accepted. */
  detail: z.string(),
  /** Path of the offending field, such as `subnets[0].cidr`. */
  field: z.string().optional(),
  /** What was seen there, shortened; never a secret. */
  value: z.string().optional(),
  /** What would have been accepted, in words. */
  accepted: z.string().optional(),
  /** All offending fields, when validation found several. */
  errors: z.array(z.object({
    /** In a file of many lines: which, from 1. */
    line: z.int().optional(),
    /** Where it is another than the problem's. */
    code: z.string().optional(),
    field: z.string(),
    detail: z.string(),
    value: z.string().optional(),
    accepted: z.string().optional(),
  })).optional(),
  /** The region's clock, ISO 8601: lets an agent with a wrong clock correct itself. */
  now: z.string().optional(),
  /** What the region calls the request, in its log too. */
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** The HTTP status of each kind of failure, wherever one is answered over HTTP: RFC 9110 §15.5, §15.6. */
export const PROBLEM_STATUS = {
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  gone: 410,
  conflict: 409,
  precondition_failed: 412,
  limited: 429,
  unavailable: 503,
} as const satisfies Record<DomainErrorKind, number>;
