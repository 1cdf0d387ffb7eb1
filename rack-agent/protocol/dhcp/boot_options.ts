import type { DhcpOptions } from "@/rack-agent/wire/dhcp/options.ts";
import { type DhcpPacket, fitsBootFile } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** A client that asks for something to boot. */
export interface BootClient {
  /** `ipxe` runs scripts, `http` takes a URL, `pxe` takes a file by TFTP. */
  readonly kind: "ipxe" | "pxe" | "http";
  readonly mac: MacAddress;
  /** RFC 4578 §2.1 and IANA's list after it: 0 BIOS, 7 and 9 x64 UEFI, 16 x64 UEFI HTTP, … */
  readonly architecture: number;
  /** This agent's address on the client's subnet. */
  readonly serverAddress: Ipv4;
}

/** What clients boot. The functions must be pure, and their URLs at most 255 characters. */
export interface BootPolicy {
  /** Architecture → file name of the first program; a client of another boots nothing. */
  readonly firstPrograms: Readonly<Record<number, string>>;
  /** URL of the script for a client that already is iPXE. */
  readonly scriptUrl: (client: BootClient) => string;
  /** URL of a first program, for firmware that boots by HTTP. */
  readonly programUrl: (file: string, client: BootClient) => string;
}

/**
 * iPXE's programs, by what firmware says it is (RFC 4578 §2.1 and IANA's "Processor Architecture
 * Types" after it). iPXE has no signed build: no Secure Boot.
 */
export const IPXE_FIRST_PROGRAMS: Readonly<Record<number, string>> = {
  0: "undionly.kpxe", //        BIOS
  7: "snponly.efi", //          x64 UEFI; RFC 4578 calls 7 "EFI BC", all firmware means x64
  9: "snponly.efi", //          x64 UEFI, as RFC 4578 had it
  11: "snponly-arm64.efi", //   arm64 UEFI
  16: "snponly.efi", //         x64 UEFI by HTTP
  19: "snponly-arm64.efi", //   arm64 UEFI by HTTP
  20: "undionly.kpxe", //       BIOS by HTTP
};

/** Scripts and programs as this agent serves them, on its address in the machine's subnet. */
export function httpBootPolicy(httpPort: number): BootPolicy {
  return {
    firstPrograms: IPXE_FIRST_PROGRAMS,
    scriptUrl: ({ serverAddress, mac }) => `http://${serverAddress}:${httpPort}/boot/${mac}/ipxe`,
    programUrl: (file, { serverAddress }) => `http://${serverAddress}:${httpPort}/files/${file}`,
  };
}

/**
 * "Do not wait for a proxyDHCP offer": iPXE setting 176 (`no-pxedhcp`), one byte, 1.
 *
 * Without it iPXE waits seconds for a second server before it takes our offer.
 */
const IPXE_NO_PROXY = Uint8Array.of(0xb0, 0x01, 0x01);
/** Feature 19 of option 175: this iPXE can fetch by HTTP (ipxe.org/howto/dhcpd). */
const IPXE_FEATURE_HTTP = 0x13;

/** Who asks to boot, and how; undefined for a client that only wants an address. */
export function bootClientOf(
  { mac, options }: DhcpPacket,
  serverAddress: Ipv4,
  policy: BootPolicy,
): BootClient | undefined {
  const kind = kindOf(options);
  if (!kind) return undefined;
  return { kind, mac, architecture: architectureOf(options, policy), serverAddress };
}

/** The boot part of a reply. */
export interface BootReply {
  readonly serverAddress: Ipv4;
  readonly serverName: string;
  readonly bootFile: string;
  readonly options: DhcpOptions;
}

/** What to tell a boot client; undefined when there is no program for its architecture. */
export function bootReplyFor(client: BootClient, policy: BootPolicy): BootReply | undefined {
  const { serverAddress } = client;
  const named = (bootFileName: string, options: DhcpOptions): BootReply => ({
    serverAddress,
    serverName: serverAddress,
    // Some ROMs read only the header field, some only option 67.
    bootFile: fitsBootFile(bootFileName) ? bootFileName : "",
    options: { bootFileName, tftpServerName: serverAddress, ...options },
  });
  if (client.kind === "ipxe") {
    return named(policy.scriptUrl(client), { ipxeOptions: IPXE_NO_PROXY });
  }
  const file = policy.firstPrograms[client.architecture];
  if (file === undefined) return undefined;
  // No option 60 to plain PXE: it would make the ROM look for a PXE boot server in option 43.
  if (client.kind === "pxe") return named(file, {});
  // UEFI 2.10 §24.7.3.1: an offer without this class is not taken for HTTP boot.
  return named(policy.programUrl(file, client), { vendorClass: "HTTPClient" });
}

function kindOf(options: DhcpOptions): BootClient["kind"] | undefined {
  // The iPXE in some NICs was built without HTTP: it can still load ours, like plain firmware.
  if (isIpxe(options) && canHttp(options.ipxeOptions)) return "ipxe";
  if (options.vendorClass?.startsWith("PXEClient")) return "pxe";
  if (options.vendorClass?.startsWith("HTTPClient")) return "http";
  return isIpxe(options) ? "ipxe" : undefined;
}

function isIpxe({ userClasses, ipxeOptions }: DhcpOptions): boolean {
  return userClasses?.includes("iPXE") === true || ipxeOptions !== undefined;
}

/** iPXE lists its features as sub-options; one that lists nothing is taken at its best. */
function canHttp(features: Uint8Array | undefined): boolean {
  if (!features || features.length === 0) return true;
  for (let at = 0; at < features.length; at += 2 + (features[at + 1] ?? 0)) {
    if (features[at] === IPXE_FEATURE_HTTP) return true;
  }
  return false;
}

/**
 * Option 93, else the digits in "PXEClient:Arch:00007:UNDI:003016", else BIOS, the oldest. Of
 * several the first that there is a program for.
 */
function architectureOf(
  { clientArchitectures, vendorClass }: DhcpOptions,
  { firstPrograms }: BootPolicy,
): number {
  const [first] = clientArchitectures ?? [];
  const usable = clientArchitectures?.find((architecture) => firstPrograms[architecture]);
  return usable ?? first ?? Number(/:Arch:(\d{5})/.exec(vendorClass ?? "")?.[1] ?? 0);
}
