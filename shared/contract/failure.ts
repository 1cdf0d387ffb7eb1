import { z } from "zod";

/** Why an operation failed: for a program the code, for a person the message. */
export const Failure = z.object({
  /** Stable, such as `bmc.wrong_password` or `phase.timed_out`. */
  code: z.string(),
  /** One sentence an operator can act on. */
  message: z.string(),
  /** The phase of the boot plan in which it happened. */
  phase: z.string(),
  /** The last things seen before it, oldest first; each a short line. */
  evidence: z.array(z.string()).default([]),
});
export type Failure = z.infer<typeof Failure>;
