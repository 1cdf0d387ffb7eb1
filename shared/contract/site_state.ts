import { z } from "zod";
import { ERASE_WAYS, OPERATION_KINDS } from "@/shared/machine/lifecycle.ts";
import { BootPlan } from "@/shared/machine/boot_plan.ts";
import { KnownFact } from "./facts.ts";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A file by content: fetched from `/agent/v1/blobs/{sha256}`, verified, cached. */
export const ContentFile = z.object({
  sha256: Sha256,
  bytes: z.int().nonnegative(),
  /**
   * The file in chunks of so many bytes, each of which can be believed before the rest has come:
   * `/agent/v1/blobs/{sha256}/chunks` is the SHA-256 of each, one after the other, 32 bytes each, and
   * `sha256` here is that of this list. Absent: the file can only be verified whole.
   */
  chunks: z.object({ bytes: z.int().positive(), sha256: Sha256 }).optional(),
  /**
   * Where its publisher has the same bytes: the agent may take them from there instead, without
   * credentials and no less verified, and goes to the region when that fails. It comes with `chunks`
   * only. Absent: the region alone.
   */
  upstreamUrl: z.url({ protocol: /^https?$/ }).max(4096).optional(),
});
export type ContentFile = z.infer<typeof ContentFile>;

/**
 * A DHCP option that a person wrote: its code, and its value as an even number of hex digits.
 *
 * Codes that make up the lease itself (1, 50-59, 61, 82 and the like) are the agent's own: it leaves
 * such an entry out and says so in its log. 255 bytes and more are split as RFC 3396 has it.
 */
export const StateDhcpOption = z.object({
  code: z.int().min(1).max(254),
  hex: z.string().regex(/^([0-9a-f]{2})*$/i).max(2048),
});
export type StateDhcpOption = z.infer<typeof StateDhcpOption>;

/** A network that the agent serves on the interface that has an address in it. */
export const StateSubnet = z.object({
  id: z.int(),
  cidr: z.string(),
  gateway: z.string().optional(), // absent: no router is announced
  dnsServers: z.array(z.string()),
  domain: z.string().optional(),
  /** off: the agent answers no DHCP there. */
  dhcp: z.boolean(),
  leaseSeconds: z.int().positive(),
  /** Addresses for machines without a reservation; inclusive, in order. */
  dynamicRanges: z.array(z.object({ first: z.string(), last: z.string() })),
  /**
   * `serve`: addresses and boot options. `proxy`: boot options only, beside somebody else's DHCP.
   * `off`: no answer. When present it decides, whatever `dhcp` says; absent: `serve` or `off` by `dhcp`.
   */
  dhcpMode: z.enum(["serve", "proxy", "off"]).optional(),
  /** Option 42. Absent or empty: none are announced. */
  ntpServers: z.array(z.string()).max(60).optional(),
  /** Option 119, in order. Absent or empty: none is announced; clients fall back to `domain`. */
  searchDomains: z.array(z.string()).max(32).optional(),
  /** Option 26, bytes. Absent: not announced, clients keep their interface's own. */
  mtu: z.int().min(68).max(65_535).optional(),
  /**
   * Option 121. Absent or empty: not sent. When it is sent clients ignore the router option (RFC 3442),
   * so the agent adds the default route by `gateway` unless the list has one.
   */
  classlessRoutes: z.array(z.object({ destination: z.string(), gateway: z.string() })).max(64)
    .optional(),
  /** Further options for every machine of the subnet, over the agent's own. Absent: none. */
  options: z.array(StateDhcpOption).max(64).optional(),
  /** How long an address that a client declined is given to nobody. Absent: an hour. */
  declineSeconds: z.int().positive().optional(),
  /** Whether an address is probed (ARP, ICMP) before its first offer. Absent: it is. */
  probe: z.boolean().optional(),
});
export type StateSubnet = z.infer<typeof StateSubnet>;

/** An operating system that can be booted over the network and installed. */
export const StateImage = z.object({
  id: z.string(),
  title: z.string(),
  architecture: z.string(), // amd64, arm64
  kernel: ContentFile,
  initrd: ContentFile,
  squashfs: ContentFile,
  /** Appended to the kernel command line. */
  kernelOptions: z.string().default(""),
  /** One of BOOT_PROFILES; one that the agent does not know cannot be booted. Absent: `maas`. */
  bootProfile: z.string().optional(),
  /** False: fetched when something needs it, and not before. Absent: ahead. */
  prefetch: z.boolean().optional(),
});
export type StateImage = z.infer<typeof StateImage>;

/** How to reach a machine's BMC by IPMI; every other way is a `StatePower`. */
export const StateBmc = z.object({
  kind: z.literal("ipmi"),
  address: z.string(),
  port: z.int().default(623),
  username: z.string(),
  /** Compact JWE (`dir`, A256GCM) under the site key. */
  sealedPassword: z.string(),
  /** Absent: 3, which every IPMI 2.0 BMC has. */
  cipherSuite: z.int().min(0).max(17).optional(),
  /** K_g, sealed like the password. Absent: the BMC has none. */
  sealedKg: z.string().optional(),
  /** Absent: operator. */
  privilege: z.enum(["operator", "administrator"]).optional(),
});
export type StateBmc = z.infer<typeof StateBmc>;

/** SHA-256 of a certificate that must be shown. */
const CertificateSha256 = Sha256.optional();

/** The ways of switching a machine, besides IPMI, that this version knows. */
export const KnownPower = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("redfish"),
    address: z.string(),
    port: z.int().default(443),
    username: z.string(),
    /** Sealed like a BMC's. */
    sealedPassword: z.string(),
    /** Absent: any will do, and is told by the fact `bmc.certificate_seen`. */
    certificateSha256: CertificateSha256,
    /** Id of the machine among the BMC's systems. Absent: there is one. */
    system: z.string().optional(),
  }),
  z.object({
    kind: z.literal("webhook"),
    onUrl: z.url(),
    offUrl: z.url(),
    /** Absent: the power state is unknown. */
    queryUrl: z.url().optional(),
    /** Absent: the password is a bearer token. */
    username: z.string().optional(),
    /** Absent: none is sent. */
    sealedPassword: z.string().optional(),
    /** Absent: one that the agent's host trusts. */
    certificateSha256: CertificateSha256,
  }),
  z.object({
    kind: z.literal("wake_on_lan"),
    mac: z.string(),
    /** Absent: every network that the agent is in. */
    broadcast: z.string().optional(),
  }),
  z.object({ kind: z.literal("manual") }),
]);
export type KnownPower = z.infer<typeof KnownPower>;

/** A way of switching a machine, perhaps one that a later version brought: read it with `KnownPower`. */
export const StatePower = z.looseObject({ kind: z.string() });

/** What the agent answers to a machine that asks to boot while no operation is under way. */
export const RestingBoot = z.enum(["enlist", "local_disk", "power_off"]);
export type RestingBoot = z.infer<typeof RestingBoot>;

/** A promised address. */
export const StateReservation = z.object({
  mac: z.string(),
  ipv4: z.string(),
  /**
   * DHCP client identifier (option 61) in hex, type byte included. When present the promise is to
   * whoever sends it, from any MAC. Absent: the promise is to `mac`.
   */
  clientId: z.string().regex(/^([0-9a-f]{2}){2,255}$/i).optional(),
});
export type StateReservation = z.infer<typeof StateReservation>;

export const StateMachine = z.object({
  systemId: z.string(),
  hostname: z.string(),
  architecture: z.string(),
  macs: z.array(z.string()),
  /** Promised addresses. */
  reservations: z.array(StateReservation),
  /** As it last booted; absent before the first inventory. */
  firmware: z.enum(["bios", "uefi"]).optional(),
  /** Absent: it is not switched by IPMI. */
  bmc: StateBmc.optional(),
  /** Absent, with `bmc` absent too: power is switched by hand. An older agent sees neither. */
  power: StatePower.optional(),
  boot: RestingBoot,
  /** Follows the image's on the kernel command line of each ephemeral boot; absent: nothing. */
  kernelOptions: z.string().optional(),
  /** In rescue mode: what it boots instead of `boot`, and whose keys let in. */
  rescue: z.object({ imageId: z.string(), sshKeys: z.array(z.string()) }).optional(),
  /** Further DHCP options for this machine, over those of its subnet. Absent: none. */
  options: z.array(StateDhcpOption).max(64).optional(),
});
export type StateMachine = z.infer<typeof StateMachine>;

/** A script that the ephemeral system runs; a file that says by `#!` what interprets it. */
export const StateScript = z.object({
  name: z.string(),
  file: ContentFile,
  timeoutSeconds: z.int().positive(),
  /** Runs beside its neighbours in the list that are parallel too. */
  parallel: z.boolean(),
});
export type StateScript = z.infer<typeof StateScript>;

/**
 * How long an agent of several may carry an operation out without being seen by the region, which
 * then gives it to another. Agents stop a third earlier: what one sees of the other is minutes old.
 */
export const ORDER_LEASE_SECONDS = 900;

/** One thing to be done to one machine; it stays in the document until its end is known. */
export const StateOperation = z.object({
  id: z.string(),
  kind: z.enum(OPERATION_KINDS),
  systemId: z.string(),
  /** ISO 8601: when a person or a script asked for it. */
  askedAt: z.iso.datetime(),
  plan: BootPlan,
  /** The image to boot and install; absent in plans that boot none. */
  imageId: z.string().optional(),
  /** deploy: the install plan, a readable shell script. */
  installScript: z.string().optional(),
  /** deploy: the file that the plan installs. Absent: the squashfs of the image it boots. */
  installFile: ContentFile.optional(),
  /** deploy, rescue: keys that may sign in to the system. */
  sshKeys: z.array(z.string()).optional(),
  /** deploy: the person's user-data as a compact JWE under the site key; absent: none. */
  sealedUserData: z.string().optional(),
  /** commission, test: what to run, in this order; absent: nothing. */
  scripts: z.array(StateScript).optional(),
  /** erase: how. */
  erase: z.enum(ERASE_WAYS).optional(),
  /**
   * The agent of several that carries it out, while it reaches the region at least every
   * ORDER_LEASE_SECONDS; the others leave it alone. Absent: whoever reads this.
   */
  holder: z.string().optional(),
  /** What another agent told that had it before: this one goes on from there. Absent: nothing. */
  earlierFacts: z.array(KnownFact).optional(),
});
export type StateOperation = z.infer<typeof StateOperation>;

/**
 * GET /agent/v1/sites/{site}/state: everything a site should be, whole, never a delta.
 *
 * It travels as a compact JWS by a region key (type `rw-state+jws`). The agent refuses a lower
 * generation than it has. Fields are only ever added, with a meaning for their absence.
 */
export const SiteState = z.object({
  site: z.object({ id: z.string(), name: z.string() }),
  /** Rises with every change. */
  generation: z.int().positive(),
  /** ISO 8601. */
  issuedAt: z.iso.datetime(),
  subnets: z.array(StateSubnet),
  machines: z.array(StateMachine),
  operations: z.array(StateOperation),
  images: z.array(StateImage),
  /** First programs that firmware loads, by file name, such as `undionly.kpxe`. */
  bootFiles: z.array(z.object({ name: z.string(), file: ContentFile })),
  /** Addresses promised to MACs that belong to no machine. Absent: none. */
  otherReservations: z.array(StateReservation).default([]),
  /** Networks to look through for BMCs, until their end is told. Absent: none. */
  bmcScans: z.array(z.object({ id: z.string(), cidr: z.string() })).max(32).optional(),
  /** Whether unknown machines are taken in, and with which image. Absent: they are not. */
  enlistImageId: z.string().optional(),
});
export type SiteState = z.infer<typeof SiteState>;
