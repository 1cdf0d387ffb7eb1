import type { RegionContext } from "@/region/context.ts";
import type { MachineBmc } from "@/region/db/queries/machines.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";

/** How a machine is switched, as a person tells it. */
export type BmcInput =
  | {
    readonly kind: "ipmi";
    readonly address: string;
    readonly port?: number;
    readonly username: string;
    readonly password: string;
    readonly cipherSuite?: number;
    readonly kg?: string;
    readonly privilege?: "operator" | "administrator";
  }
  | {
    readonly kind: "redfish";
    readonly address: string;
    readonly port?: number;
    readonly username: string;
    readonly password: string;
    /** Null: whatever certificate is shown next; absent: likewise, but for a BMC that has one pinned. */
    readonly certificateSha256?: string | null;
    readonly system?: string;
  }
  | {
    readonly kind: "webhook";
    readonly onUrl: string;
    readonly offUrl: string;
    readonly queryUrl?: string;
    readonly username?: string;
    readonly password?: string;
    readonly certificateSha256?: string | null;
  }
  | { readonly kind: "wake_on_lan"; readonly mac: string; readonly broadcast?: string }
  | { readonly kind: "manual" };

/** IPMI v2.0 §13.1.1: the primary RMCP port. */
const RMCP_PORT = 623;
const HTTPS_PORT = 443;

/**
 * The form in which it is stored: secrets are readable only with the region's seal key.
 *
 * `previous`: what it replaces; the certificate of the same BMC stays pinned unless another is told.
 */
export async function sealBmc(
  ctx: RegionContext,
  bmc: BmcInput,
  previous?: MachineBmc | null,
): Promise<MachineBmc> {
  const seal = (secret: string) => sealUnder(ctx.secrets.sealKey, secret);
  switch (bmc.kind) {
    case "ipmi": {
      const { kind, address, username, cipherSuite, kg, privilege } = bmc;
      return {
        ...{ kind, address, port: bmc.port ?? RMCP_PORT, username },
        sealedPassword: await seal(bmc.password),
        ...(cipherSuite === undefined ? {} : { cipherSuite }),
        ...(kg === undefined ? {} : { sealedKg: await seal(kg) }),
        ...(privilege === undefined ? {} : { privilege }),
      };
    }
    case "redfish": {
      const { kind, address, username, system } = bmc;
      const port = bmc.port ?? HTTPS_PORT;
      const isSame = previous?.kind === kind && previous.address === address &&
        previous.port === port;
      const kept = isSame ? previous.certificateSha256 : undefined;
      return {
        ...{ kind, address, port, username },
        sealedPassword: await seal(bmc.password),
        ...pinOf(bmc.certificateSha256 === undefined ? kept : bmc.certificateSha256),
        ...(system === undefined ? {} : { system }),
      };
    }
    case "webhook": {
      const { password, certificateSha256, ...rest } = bmc;
      return {
        ...rest,
        ...(password === undefined ? {} : { sealedPassword: await seal(password) }),
        ...pinOf(certificateSha256),
      };
    }
    case "wake_on_lan":
      return { ...bmc, mac: parseMacAddress(bmc.mac) };
    case "manual":
      return bmc;
  }
}

function pinOf(sha256: string | null | undefined): { certificateSha256?: string } {
  return sha256 ? { certificateSha256: sha256.toLowerCase() } : {};
}

/** As it is shown: secrets are left out by naming what goes in. */
export type BmcView =
  & { readonly kind: MachineBmc["kind"] }
  & Partial<
    & Record<
      "address" | "username" | "certificateSha256" | "system" | "onUrl" | "offUrl" | "queryUrl",
      string
    >
    & Record<"mac" | "broadcast", string>
    & Record<"port" | "cipherSuite", number>
    & { readonly privilege: "operator" | "administrator" }
  >;

const SHOWN = [
  ...["address", "port", "username", "cipherSuite", "privilege", "certificateSha256", "system"],
  ...["onUrl", "offUrl", "queryUrl", "mac", "broadcast"],
];

/** What people see of it. */
export function viewBmc(bmc: MachineBmc): BmcView {
  const shown = Object.entries(bmc).filter(([field]) => SHOWN.includes(field));
  return { kind: bmc.kind, ...Object.fromEntries(shown) };
}

/** What can be done to a machine's power: anything, switching on, or nothing. */
export function powerReach(bmc: MachineBmc | null): { hasBmc: boolean; onlySwitchesOn: boolean } {
  const hasBmc = bmc !== null && bmc.kind !== "manual";
  return { hasBmc, onlySwitchesOn: bmc?.kind === "wake_on_lan" };
}
