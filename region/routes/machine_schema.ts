import { z } from "@hono/zod-openapi";
import { Failure } from "@/shared/contract/failure.ts";
import { Inventory } from "@/shared/contract/inventory.ts";
import { MACHINE_STATUSES, OPERATION_KINDS } from "@/shared/machine/lifecycle.ts";
import { Hostname } from "./api.ts";
import { Bmc, BmcChange, BmcInput } from "./bmc_schema.ts";
import { DomainOfHost } from "./domains.ts";
import { Interface } from "./interface_schema.ts";
import { PlacementName } from "./placements.ts";
import { TagName } from "./tags.ts";

/** A machine as it is answered; its BMC's password is not part of it. */
export const Machine = z.object({
  systemId: z.string(),
  hostname: z.string(),
  domain: z.string(),
  /** The host name in its domain. */
  fqdn: z.string(),
  siteId: z.string(),
  status: z.enum(MACHINE_STATUSES),
  statusChangedAt: z.string(),
  /** What the person said who brought it into this status. */
  statusComment: z.string().nullable(),
  /** What it goes back to from Broken, tests and rescue mode; the innermost last. */
  returnsTo: z.array(z.enum(MACHINE_STATUSES)),
  isLocked: z.boolean(),
  power: z.object({
    state: z.enum(["on", "off", "unknown"]),
    /** When it was seen so; null: it never was. */
    at: z.string().nullable(),
    /** Why it is unknown; null: it is known, or nobody asked yet. */
    fault: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
  macs: z.array(z.string()),
  architecture: z.string(),
  zone: z.string(),
  pool: z.string(),
  tags: z.array(z.string()),
  description: z.string(),
  /** Whom it was allocated for, in the words of the program that asked. */
  agentName: z.string(),
  /** What whoever has it says of it. */
  ownerData: z.record(z.string(), z.string()),
  /** Logical processors; like the following, 0 when nothing is known. */
  cpuCount: z.int(),
  memoryMib: z.int(),
  diskCount: z.int(),
  storageBytes: z.int(),
  bmc: Bmc.nullable(),
  imageId: z.string().nullable(),
  /** How it shall be connected. */
  interfaces: z.array(Interface),
  inventory: Inventory.nullable(),
  failure: Failure.nullable(),
  /** What the caller can ask for now, as in the path. */
  actions: z.array(z.string()),
  operation: z.object({
    id: z.string(),
    kind: z.enum(OPERATION_KINDS),
    phase: z.string().nullable(),
    phaseStartedAt: z.string().nullable(),
  }).nullable(),
  owner: z.string().nullable(),
  version: z.int(),
  createdAt: z.string(),
});

/** A machine as it stands in a list: without its inventory and its interfaces. */
export const ListedMachine = Machine.omit({ inventory: true, interfaces: true });

export const Architecture = z.string().max(32).regex(
  /^[a-z0-9_]+$/,
  "use Debian's name, such as amd64",
);

const TagNames = z.array(TagName).max(256);
const Description = z.string().max(1024);

export const NewMachine = z.strictObject({
  siteId: z.string().max(64),
  hostname: Hostname.optional(),
  macs: z.array(z.string().max(32)).min(1).max(64),
  architecture: Architecture.optional(),
  bmc: BmcInput.optional(),
  /** Like the pool, `default` when absent. */
  zone: PlacementName.optional(),
  pool: PlacementName.optional(),
  domain: DomainOfHost.optional(),
  tags: TagNames.optional(),
  description: Description.optional(),
}).openapi({
  example: {
    siteId: "s-4k7m2p9x",
    hostname: "node-1",
    macs: ["52:54:00:20:00:01"],
    bmc: { kind: "ipmi", address: "10.21.0.11", username: "admin", password: "calvin" },
    zone: "row 1",
    tags: ["gpu"],
  },
});

export const MachineChange = z.strictObject({
  hostname: Hostname.optional(),
  /** Null: switched by hand. */
  bmc: BmcChange.nullable().optional(),
  zone: PlacementName.optional(),
  pool: PlacementName.optional(),
  domain: DomainOfHost.optional(),
  /** All that people put on it, or what to add and take off; automatic tags stay. */
  tags: TagNames.or(
    z.strictObject({ add: TagNames.optional(), remove: TagNames.optional() }),
  ).optional(),
  description: Description.optional(),
}).openapi({
  example: {
    bmc: {
      kind: "redfish",
      address: "10.21.0.11",
      username: "admin",
      password: "calvin",
      certificateSha256: "9a64aaec0505a5dc17be423bf1d680e7051b797850bba432a621883b80dad016",
    },
    tags: { add: ["gpu"] },
  },
});
