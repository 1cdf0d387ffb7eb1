import type { Failure } from "@/shared/contract/failure.ts";
import { Anything, listOf, MachineView, OperationStarted, OperationView } from "./api_views.ts";
import type { RackMachine } from "./hardware.ts";
import type { Storage, Target } from "./options.ts";
import type { Rack } from "./rack.ts";
import { seconds, type Stage, stagesOf } from "./stages.ts";

/** A machine did not get where it was sent. */
export class JourneyError extends Error {
  override readonly name = "JourneyError";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
    this.failure = failure;
  }
}

/** How far one machine came. */
export interface JourneyResult {
  /** Absent when the region never heard of it. */
  readonly machine?: MachineView;
  readonly stages: readonly Stage[];
  readonly failure?: Failure;
}

export interface Route {
  readonly until: Target;
  /** Absent: flat. */
  readonly storage?: Storage;
  readonly signal?: AbortSignal;
}

/** Takes one machine as far as `until`, by the REST API alone once it is known. Never throws a failure. */
export async function travel(
  rack: Rack,
  machine: RackMachine,
  { until, storage = "flat", signal }: Route,
): Promise<JourneyResult> {
  const stages: Stage[] = [];
  const watch: Watch = { rack, signal };
  try {
    const { systemId, stage } = await enlist(watch, machine);
    stages.push(stage);
    const order = async (action: string, body: unknown = {}) => {
      const id = await orderOperation(rack, systemId, action, body);
      stages.push(...stagesOf(await waitForOperation(watch, id)));
      await checkPower(watch, systemId, machine);
    };
    if (until !== "enlisted") {
      await registerBmc(rack, systemId, machine);
      await order("commission");
    }
    if (until === "deployed" || until === "released") {
      await rack.api.put(`/machines/${systemId}/storage`, storageWish(storage), Anything);
      await order("deploy", { imageId: rack.imageId });
    }
    if (until === "released") {
      await order("release");
      await waitForPowerOff(watch, machine);
    }
    return await arrived(watch, systemId, STATUS_AT[until], stages);
  } catch (error) {
    signal?.throwIfAborted();
    const machineNow = await findMachine(rack, machine).catch(() => undefined);
    return { machine: machineNow, stages, failure: failureOf(error) };
  }
}

/** As the region's API has it; a RAID is made of all disks. */
export function storageWish(storage: Storage): object {
  const level = /^raid(\d+)$/.exec(storage)?.[1];
  return level === undefined ? { layout: storage } : { layout: "raid", level: Number(level) };
}

/** What a wait needs besides what it waits for. */
export interface Watch {
  readonly rack: Rack;
  readonly signal?: AbortSignal;
}

const STATUS_AT: Record<Target, string> = {
  enlisted: "New",
  ready: "Ready",
  deployed: "Deployed",
  released: "Ready",
};

/** The operation's end and the machine's new status come from one transaction; this only reads it. */
async function arrived(
  watch: Watch,
  systemId: string,
  status: string,
  stages: readonly Stage[],
): Promise<JourneyResult> {
  const machine = await watch.rack.api.get(`/machines/${systemId}`, MachineView);
  if (machine.status === status) return { machine, stages };
  const message = `it should be ${status} now, but is ${machine.status}`;
  return { machine, stages, failure: failure("lab.wrong_status", message) };
}

/** Switches an unknown machine on and waits until it is New, and off again. */
export async function enlist(
  watch: Watch,
  machine: RackMachine,
): Promise<{ systemId: string; stage: Stage }> {
  const startMs = Date.now();
  await machine.powerOn();
  let offSinceMs: number | undefined;
  const found = await waitFor(watch, "enlist", async () => {
    const known = await findMachine(watch.rack, machine);
    if (known?.status === "New") return known;
    if (await machine.powerState() === "on") return undefined;
    offSinceMs ??= performance.now();
    if (performance.now() - offSinceMs < NEWS_MS) return undefined;
    throw new JourneyError(failure("lab.not_enlisted", "it is off again, and nobody knows it"));
  });
  await waitForPowerOff(watch, machine);
  const endMs = Date.parse(found.statusChangedAt);
  return {
    systemId: found.systemId,
    stage: { name: "enlist", seconds: seconds(endMs - startMs) },
  };
}

/** A machine may be off before the news of it has reached the region. */
const NEWS_MS = 60_000;

/** The machine as the region knows it, by its MAC address. */
export async function findMachine(
  rack: Rack,
  machine: RackMachine,
): Promise<MachineView | undefined> {
  return (await listMachines(rack)).find(({ macs }) => macs.includes(machine.mac));
}

/** All machines of the rack's site that the region knows. */
export async function listMachines(rack: Rack): Promise<MachineView[]> {
  const path = `/machines?siteId=${rack.site.id}&limit=100`; // MACHINES_MAX is less
  return await rack.api.get(path, listOf("machines", MachineView));
}

/** Tells the region how to reach the machine's BMC. */
export async function registerBmc(
  rack: Rack,
  systemId: string,
  { bmc: { kind, address, username, password } }: RackMachine,
): Promise<void> {
  const bmc = { kind, address, username, password };
  await rack.api.patch(`/machines/${systemId}`, { bmc }, MachineView);
}

/** Asks for an operation, such as `commission`; returns its id. */
export async function orderOperation(
  rack: Rack,
  systemId: string,
  action: string,
  body: unknown = {},
): Promise<string> {
  const path = `/machines/${systemId}/${action}`;
  return (await rack.api.post(path, body, OperationStarted)).operation.id;
}

/** Waits until the operation is done; throws a JourneyError with the region's reason if it fails. */
export function waitForOperation(watch: Watch, operationId: string): Promise<OperationView> {
  return waitFor(watch, "operation", async () => {
    const operation = await watch.rack.api.get(`/operations/${operationId}`, OperationView);
    if (operation.state === "done") return operation;
    if (operation.state !== "running") {
      const unexplained = failure(`operation.${operation.state}`, `${operation.kind} ended so`);
      throw new JourneyError(operation.failure ?? unexplained);
    }
  });
}

/**
 * The region must have pinned the certificate that the BMC shows, if it shows one. Region, BMC and the machine itself must say the same of its power, and firmware must have been told
 * to try the network first. A machine that is switching itself off is given the time.
 */
async function checkPower(watch: Watch, systemId: string, machine: RackMachine): Promise<void> {
  await waitFor(watch, "agreement", async () => {
    const { power, bmc } = await watch.rack.api.get(`/machines/${systemId}`, MachineView);
    const pinned = bmc?.certificateSha256 ?? undefined;
    if (pinned !== machine.certificateSha256) return undefined;
    const [said, real] = [await machine.powerState(), await machine.running()];
    if (power.state !== said || said !== real.power) return undefined;
    return real.power === "off" || real.bootsFirst === "network" ? true : undefined;
  });
}

/** Waits until the BMC says that the machine is off. */
export function waitForPowerOff(watch: Watch, machine: RackMachine): Promise<true> {
  return waitFor(
    watch,
    "power off",
    async () => await machine.powerState() === "off" ? true as const : undefined,
  );
}

/** For one machine; machines share the host's cores, so more of them take longer. */
const LIMIT_SECONDS = {
  "enlist": 1200,
  "operation": 2400,
  "power off": 300,
  "agreement": 60,
} as const;
const POLL_MS = 500;

async function waitFor<T>(
  { rack, signal }: Watch,
  what: keyof typeof LIMIT_SECONDS,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const limitSeconds = LIMIT_SECONDS[what] * Math.max(1, rack.machines.length / 2);
  const deadlineMs = performance.now() + limitSeconds * 1000;
  while (performance.now() < deadlineMs) {
    signal?.throwIfAborted();
    rack.checkAlive();
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  throw new JourneyError(failure("lab.timed_out", `${what} took longer than ${limitSeconds} s`));
}

function failure(code: string, message: string): Failure {
  return { code, message, phase: "lab", evidence: [] };
}

function failureOf(error: unknown): Failure {
  if (error instanceof JourneyError) return error.failure;
  return failure("lab.error", error instanceof Error ? error.message : String(error));
}
