import type { RegionContext } from "@/region/context.ts";
import type { MachineBmc } from "@/region/db/queries/machines.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
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

/**
 * The same in place of an earlier one. A secret or certificate that is absent stays, as long as it is
 * for the same BMC and user; null: there is none any more.
 */
export type BmcChange =
  | Changed<"ipmi", { readonly password?: string; readonly kg?: string | null }>
  | Changed<"redfish", { readonly password?: string }>
  | Changed<"webhook", { readonly password?: string | null }>
  | Extract<BmcInput, { readonly kind: "wake_on_lan" | "manual" }>;
type Changed<K extends BmcInput["kind"], Secrets> =
  & Omit<Extract<BmcInput, { readonly kind: K }>, "password" | "kg">
  & Secrets;

/** IPMI v2.0 §13.1.1: the primary RMCP port. */
const RMCP_PORT = 623;
const HTTPS_PORT = 443;

/**
 * The form in which it is stored: secrets are readable only with the region's seal key.
 *
 * `previous`: what it replaces. Throws `invalid_input` (`machine.bmc_password_missing`) when there
 * is no password and none to keep.
 */
export async function sealBmc(
  ctx: RegionContext,
  bmc: BmcInput | BmcChange,
  previous?: MachineBmc | null,
): Promise<MachineBmc> {
  const sealed = async (secret: string | null | undefined, kept?: string) =>
    secret === undefined ? kept : secret === null ? undefined : await sealUnder(
      ctx.secrets.sealKey,
      secret,
    );
  switch (bmc.kind) {
    case "ipmi": {
      const { kind, address, username, cipherSuite, privilege } = bmc;
      const port = bmc.port ?? RMCP_PORT;
      const kept = previous?.kind === kind && isSame(previous, { address, port, username })
        ? previous
        : undefined;
      const sealedKg = await sealed(bmc.kg, kept?.sealedKg);
      return {
        ...{ kind, address, port, username },
        sealedPassword: await sealed(bmc.password, kept?.sealedPassword) ?? missing(address),
        ...(cipherSuite === undefined ? {} : { cipherSuite }),
        ...(sealedKg === undefined ? {} : { sealedKg }),
        ...(privilege === undefined ? {} : { privilege }),
      };
    }
    case "redfish": {
      const { kind, address, username, system } = bmc;
      const port = bmc.port ?? HTTPS_PORT;
      const before = previous?.kind === kind && isSame(previous, { address, port })
        ? previous
        : undefined;
      const kept = before?.username === username ? before.sealedPassword : undefined;
      return {
        ...{ kind, address, port, username },
        sealedPassword: await sealed(bmc.password, kept) ?? missing(address),
        ...pinOf(bmc.certificateSha256, before?.certificateSha256),
        ...(system === undefined ? {} : { system }),
      };
    }
    case "webhook": {
      const { password, certificateSha256, ...rest } = bmc;
      const { onUrl, offUrl, queryUrl, username } = rest;
      const before = previous?.kind === bmc.kind && isSame(previous, { onUrl, offUrl, queryUrl })
        ? previous
        : undefined;
      const kept = before?.username === username ? before?.sealedPassword : undefined;
      const sealedPassword = await sealed(password, kept);
      return {
        ...rest,
        ...(sealedPassword === undefined ? {} : { sealedPassword }),
        ...pinOf(certificateSha256, before?.certificateSha256),
      };
    }
    case "wake_on_lan":
      return { ...bmc, mac: parseMacAddress(bmc.mac) };
    case "manual":
      return bmc;
  }
}

/** Whether it says the same in these fields. */
function isSame<B extends MachineBmc>(before: B, now: Partial<B>): boolean {
  return Object.entries(now).every(([field, value]) => before[field as keyof B] === value);
}

function missing(address: string): never {
  throw new DomainError({
    kind: "invalid_input",
    code: "machine.bmc_password_missing",
    field: "bmc.password",
    value: "(absent)",
    accepted: `the password of this user at ${address}, which may be empty`,
    message: "give the password of the BMC: it is kept only for the same address, port and user",
  });
}

function pinOf(
  sha256: string | null | undefined,
  kept: string | undefined,
): { certificateSha256?: string } {
  const pinned = sha256 === undefined ? kept : sha256;
  return pinned ? { certificateSha256: pinned.toLowerCase() } : {};
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
