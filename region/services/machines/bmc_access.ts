import type { RegionContext } from "@/region/context.ts";
import type { MachineBmc } from "@/region/db/queries/machines.ts";
import { sealUnder } from "@/region/tokens/seal.ts";

/** How to reach a BMC, as a person tells it. */
export interface BmcInput {
  readonly kind: "ipmi";
  readonly address: string;
  readonly port?: number;
  readonly username: string;
  readonly password: string;
}

/** IPMI v2.0 §13.1.1: the primary RMCP port. */
const RMCP_PORT = 623;

/** The form in which it is stored: the password is readable only with the region's seal key. */
export async function sealBmc(ctx: RegionContext, bmc: BmcInput): Promise<MachineBmc> {
  const { kind, address, username } = bmc;
  const sealedPassword = await sealUnder(ctx.secrets.sealKey, bmc.password);
  return { kind, address, port: bmc.port ?? RMCP_PORT, username, sealedPassword };
}
