import { z } from "zod";
import { FoundBmc } from "./bmc_scan.ts";
import { Failure } from "./failure.ts";
import { Inventory } from "./inventory.ts";

/**
 * A fact: something that happened at a site, told by its agent in the order of `seq`.
 *
 * Fields every fact has; all others depend on `kind`. A kind that this version does not know is
 * stored and otherwise ignored, so a newer agent can talk to an older region.
 */
const common = {
  /** Rises by one with every fact of this agent, from 1. */
  seq: z.int().positive(),
  /** The agent's wall clock, ISO 8601 with milliseconds. */
  at: z.iso.datetime(),
  /** The agent's monotonic clock in ms: orders facts even when the wall clock jumps. */
  monoMs: z.number().nonnegative(),
  /** The machine it is about, when the region already knows that machine. */
  systemId: z.string().optional(),
  mac: z.string().optional(),
  /** The operation it belongs to. */
  operationId: z.string().optional(),
};

const fact = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.object({ ...common, kind: z.literal(kind) }).extend(shape);

/** Who gives a file's bytes to an agent: the region, the image's publisher, or one after the other. */
export const CONTENT_ORIGINS = ["region", "upstream", "both"] as const;
export type ContentOrigin = (typeof CONTENT_ORIGINS)[number];

const PowerState = z.enum(["on", "off", "unknown"]);
const BootKind = z.enum(["ephemeral", "local_disk", "power_off"]);

/** Every kind of fact this version knows. */
export const KnownFact = z.discriminatedUnion("kind", [
  fact("agent.started", { version: z.string() }),
  /** How the agent's host is: when it starts, when its networks change, and now and then. */
  fact("agent.observed", {
    /** The addresses of the host, but for loopback. */
    networks: z.array(z.object({
      interfaceName: z.string().max(64),
      mac: z.string().max(32),
      cidr: z.string().max(64), // the host's own address with the prefix of its network
    })).max(256),
    /** The subnets of the state, and what the agent does there. */
    served: z.array(z.object({ cidr: z.string(), state: z.string() })).max(1024),
    /** What was looked at on the host, as `rackwright-agent check` says it. */
    checks: z.array(z.object({
      code: z.string(),
      level: z.enum(["ok", "warning", "problem"]),
      saw: z.string().max(1000),
      advice: z.string().max(1000).optional(),
    })).max(256),
    leases: z.int().nonnegative(),
    factsWaiting: z.int().nonnegative(),
    /** Of the state in force; absent before the first. */
    generation: z.int().optional(),
    /** Files that are kept for machines, and what they take; absent from older agents. */
    cache: z.object({ files: z.int(), bytes: z.int(), limitBytes: z.int().optional() }).optional(),
    /** What each service has counted since the agent started. */
    counters: z.record(z.string(), z.unknown()),
  }),
  fact("state.applied", { generation: z.int() }),
  /** A state document that was not applied; what was in force stays in force. */
  fact("state.refused", { code: z.string(), message: z.string() }),
  /** Reported after the link healed. */
  fact("link.restored", { lostAt: z.string() }),

  /** Something at the site that a person should look at, such as `dhcp.packets_lost`. */
  fact("alarm.raised", { code: z.string(), message: z.string() }),

  fact("lease.given", { ipv4: z.string(), subnetId: z.int(), hostname: z.string().optional() }),
  fact("lease.ended", { ipv4: z.string(), subnetId: z.int(), why: z.string() }),
  /** A machine's firmware or boot program asked DHCP how to boot. */
  fact("boot.offered", { architecture: z.int().optional(), program: z.string() }),
  /** A machine fetched its boot script. */
  fact("boot.asked", { answer: BootKind, ipv4: z.string(), purpose: z.string().optional() }),
  fact("file.served", {
    protocol: z.enum(["tftp", "http"]),
    path: z.string(),
    bytes: z.int(),
    durationMs: z.number(),
    ipv4: z.string(),
  }),
  fact("image.cached", {
    sha256: z.string(),
    bytes: z.int(),
    durationMs: z.number(),
    /** Where its bytes came from; `both`: begun at the one, ended at the other. Absent: the region. */
    origin: z.enum(CONTENT_ORIGINS).optional(),
    /** Why the upstream, which the state names, did not give all of it. Absent: it was not in the way. */
    upstreamProblem: z.string().optional(),
  }),
  /** A file could not be brought to the site; what is there goes on being served. */
  fact("image.not_cached", { sha256: z.string(), code: z.string(), message: z.string() }),

  /** The booted system got its credentials. */
  fact("metadata.served", { purpose: z.string(), ipv4: z.string() }),
  /** A stage of cloud-init, from its reporting webhook. */
  fact("stage.reached", {
    system: z.enum(["ephemeral", "installed"]),
    stage: z.string(),
    event: z.enum(["start", "finish"]),
    result: z.string().optional(),
  }),
  fact("step.started", { number: z.int(), of: z.int(), name: z.string() }),
  fact("step.ended", { number: z.int(), of: z.int(), name: z.string(), ok: z.boolean() }),

  fact("machine.enlisted", { mac: z.string(), ipv4: z.string(), inventory: Inventory }),
  fact("commission.reported", {
    ok: z.boolean(),
    message: z.string().optional(),
    inventory: Inventory.optional(),
  }),
  /** A commissioning or testing script, by its place in the operation's list, from 1. */
  fact("script.started", { number: z.int(), of: z.int(), name: z.string() }),
  fact("script.ended", {
    number: z.int(),
    of: z.int(),
    name: z.string(),
    /** As the shell counts: 128 + n for a script that signal n ended. */
    exitStatus: z.int(),
    timedOut: z.boolean().default(false),
    durationMs: z.number(),
    /** Hashes of what it wrote, shortened and sent before as blobs; absent: nothing. */
    stdoutSha256: z.string().optional(),
    stderrSha256: z.string().optional(),
  }),
  /** Long work goes on: a sign of life. */
  fact("work.progressed", { message: z.string() }),
  /** All testing scripts ended; `ok`: and passed. */
  fact("test.reported", { ok: z.boolean(), message: z.string().optional() }),
  fact("erase.reported", { ok: z.boolean(), message: z.string().optional() }),
  /** The rescue system runs, and people can sign in to it. */
  fact("rescue.reported", { ok: z.boolean(), message: z.string().optional() }),
  fact("install.reported", {
    ok: z.boolean(),
    message: z.string().optional(),
    /** Hash of the log, sent before as a blob. */
    logSha256: z.string().optional(),
  }),
  /** The installed system's cloud-init ended. */
  fact("system.reported", { ok: z.boolean(), message: z.string().optional() }),

  /** Written before the BMC is touched, so that a restart knows what was under way. */
  fact("power.ordered", { phase: z.string(), order: z.string() }),
  fact("power.done", { phase: z.string(), order: z.string(), state: PowerState }),
  fact("power.failed", {
    phase: z.string(),
    order: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  /** A BMC without a pinned certificate showed this one to an agent that could log in. */
  fact("bmc.certificate_seen", {
    address: z.string(),
    port: z.int(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** What asking the BMC found, when it is not what was told before; `code`: why it is unknown. */
  fact("power.observed", {
    state: PowerState,
    code: z.string().optional(),
    message: z.string().optional(),
  }),
  /** What was told of these machines' power still holds, seen at that time. */
  fact("power.seen", {
    machines: z.array(z.object({
      systemId: z.string(),
      state: PowerState,
      at: z.iso.datetime(),
    })).max(500),
  }),
  /** A machine without a BMC configured found its own, and made a user for us in it. */
  fact("bmc.found", {
    address: z.string().max(253),
    bmcMac: z.string().max(32).optional(),
    username: z.string().max(16),
    /** Compact JWE under the site key. */
    sealedPassword: z.string().max(4096),
  }),
  /** Likewise, but no user could be made. */
  fact("bmc.not_usable", { address: z.string().max(253), message: z.string().max(500) }),

  /** The end of a scan for BMCs; `message`: why it failed. */
  fact("bmc_scan.ended", {
    scanId: z.string(),
    message: z.string().max(500).optional(),
    found: z.array(FoundBmc).max(1024),
  }),

  fact("operation.started", { operationKind: z.string() }),
  fact("operation.ended", {
    outcome: z.enum(["done", "failed", "aborted"]),
    failure: Failure.optional(),
  }),
]);
export type KnownFact = z.infer<typeof KnownFact>;
export type FactKind = KnownFact["kind"];

type Distribute<F> = F extends KnownFact ? Omit<F, "seq" | "at" | "monoMs"> : never;
/** A fact before the journal gave it its number and times. */
export type NewFact = Distribute<KnownFact>;

/** A fact as it travels: known kinds are checked when applied, others only need the common fields. */
export const AnyFact = z.looseObject({ ...common, kind: z.string().max(64) });
export type AnyFact = z.infer<typeof AnyFact>;

export const FACTS_PER_BATCH_MAX = 500;

/** POST /agent/v1/facts: facts in order; those already applied are skipped, so repeats are harmless. */
export const FactsRequest = z.object({
  agentId: z.string(),
  firstSeq: z.int().positive(),
  facts: z.array(AnyFact).min(1).max(FACTS_PER_BATCH_MAX),
});
export type FactsRequest = z.infer<typeof FactsRequest>;

/** Everything up to and including `ackedSeq` is durable at the region; the agent may forget it. */
export const FactsResponse = z.object({ ackedSeq: z.int().nonnegative() });
export type FactsResponse = z.infer<typeof FactsResponse>;
