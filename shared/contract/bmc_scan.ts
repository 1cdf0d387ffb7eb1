import { z } from "zod";

/** A BMC as anybody sees it who has no password. */
export const FoundBmc = z.object({
  address: z.string().max(64),
  /** What it speaks, as far as it lets a stranger see. */
  kinds: z.array(z.enum(["ipmi", "redfish"])).min(1),
  /** As its service root has it; absent: it does not say, or speaks no Redfish. */
  vendor: z.string().max(100).optional(),
  product: z.string().max(100).optional(),
  /** Of the BMC's Redfish service. */
  uuid: z.string().max(64).optional(),
  /** SHA-256 of its certificate: pin it when the machine is told its BMC. */
  certificateSha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
});
export type FoundBmc = z.infer<typeof FoundBmc>;

/** Addresses of a network that is looked through: a /22. */
export const SCAN_PREFIX_BITS_MIN = 22;
