import { isBootable, rootFileOf } from "@/shared/machine/image_file.ts";
import type { RegionContext } from "@/region/context.ts";
import {
  findImage,
  findNewestBootable,
  findNewestOsImage,
  type ImageRow,
} from "@/region/db/queries/images.ts";
import { listInterfaces } from "@/region/db/queries/interfaces.ts";
import { listKernelOptions } from "@/region/db/queries/tags.ts";
import { listSshKeys } from "@/region/db/queries/users.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import type { NewOperation } from "@/region/db/queries/operations.ts";
import { checkImage, checkImageFits } from "@/region/domain/image_needs.ts";
import { compileInstallPlan } from "@/region/domain/install/install_plan.ts";
import { isConfigured, networkConfigOf } from "@/region/domain/interfaces/network_config.ts";
import { parseSshKey } from "@/region/domain/ssh_key.ts";
import { installStorageOf } from "@/region/domain/storage/installable.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { powerReach } from "./bmc_access.ts";
import { storageWishOf } from "./machine_storage.ts";
import { readNetwork } from "@/region/services/interfaces/read_network.ts";
import { prepareScripts } from "@/region/services/scripts/prepare_scripts.ts";
import { readSettings, type Settings } from "@/region/services/settings/read_settings.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { bootPlanFor, DEADLINE_SECONDS } from "@/shared/machine/boot_plans.ts";
import type { EraseWay, OperationKind, Standing } from "@/shared/machine/lifecycle.ts";
import type { Caller } from "../identity/caller.ts";

/** What a deploy is asked with. */
export interface DeployInput {
  /** Absent: what the settings name. */
  readonly imageId?: string;
  /** Absent: the caller's own keys. */
  readonly sshKeys?: readonly string[];
  readonly userData?: string;
}

/** What an action may be asked with; each kind of work takes what it knows. */
export interface WorkInput {
  readonly deploy?: DeployInput;
  /** rescue: absent: the caller's own keys. */
  readonly sshKeys?: readonly string[];
  /** release: wipe the disks first. */
  readonly erase?: EraseWay;
  /** commission, test: names and tags of what to run; absent: what is usual. */
  readonly scripts?: readonly string[];
}

/** The part of an operation that says what the site is to do. */
export type Work = Pick<
  NewOperation,
  | "plan"
  | "imageId"
  | "bootImageId"
  | "installScript"
  | "sshKeys"
  | "sealedUserData"
  | "erase"
  | "scripts"
>;

const SSH_KEYS_MAX = 100;

/**
 * Everything the site needs to carry out `kind` on this machine. `plan` is undefined when nothing
 * has to happen there. Throws when it cannot be done, with a code that says why.
 */
export async function prepareOperation(
  ctx: RegionContext,
  caller: Caller,
  request: { machine: MachineRow; kind: OperationKind; to: Standing; input: WorkInput },
): Promise<Work> {
  const { machine, kind, to, input } = request;
  const returnsToDisk = to.returnsTo.at(-1) === "Deployed" ||
    to.returnsTo.length === 0 && to.status === "Deployed";
  const { erase } = input;
  const settings = await readSettings(ctx.db);
  const deadlineSeconds = deadlineOf(kind, settings);
  const choice = { ...powerReach(machine.bmc), returnsToDisk, erase, deadlineSeconds };
  const plan = bootPlanFor(kind, choice);
  switch (kind) {
    case "commission":
    case "test": {
      const imageId = await ephemeralImageId(ctx, machine, settings);
      const type = kind === "test" ? "testing" : "commissioning";
      const scripts = await prepareScripts(ctx, type, input.scripts);
      const scriptSeconds = scripts.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, 0);
      return { plan: bootPlanFor(kind, { ...choice, scriptSeconds }), imageId, scripts };
    }
    case "erase":
      return { plan, erase, imageId: await ephemeralImageId(ctx, machine, settings) };
    case "rescue": {
      const sshKeys = await chooseSshKeys(ctx, caller, input.sshKeys);
      if (sshKeys.length === 0) throw noSshKeys();
      return { plan, sshKeys, imageId: await ephemeralImageId(ctx, machine, settings) };
    }
    case "deploy": {
      if (!input.deploy) throw imageIdMissing();
      const { deploy } = input;
      return { plan, ...await prepareDeploy(ctx, caller, { machine, deploy, settings }) };
    }
    case "exit_rescue":
    case "release":
      return { plan };
    case "power_on":
    case "power_off":
    case "power_cycle":
    case "power_query":
      return { plan };
  }
}

/** As the settings have it; what they do not name is short and depends on the BMC alone. */
function deadlineOf(kind: OperationKind, settings: Settings): number {
  switch (kind) {
    case "commission":
      return settings.commissionMinutes * 60;
    case "test":
      return settings.testMinutes * 60;
    case "deploy":
      return settings.deployMinutes * 60;
    case "rescue":
      return settings.rescueMinutes * 60;
    default:
      return DEADLINE_SECONDS[kind];
  }
}

async function prepareDeploy(
  ctx: RegionContext,
  caller: Caller,
  { machine, deploy: input, settings }: {
    machine: MachineRow;
    deploy: DeployInput;
    settings: Settings;
  },
): Promise<Work> {
  const image = await chooseImage(ctx, machine, { input, settings });
  const { firmware, plan, disks } = installStorageOf(
    storageWishOf(machine, settings),
    machine.inventory,
  );
  checkImageFits(image, plan, disks);
  const [boot] = await listInterfaces(ctx.db, [machine.id]);
  if (!boot) {
    throw conflict("machine.no_interface", "no network interface of this machine is known");
  }
  const network = await readNetwork(ctx.db, machine.id);
  const sshKeys = await chooseSshKeys(ctx, caller, input.sshKeys);
  return {
    imageId: image.id,
    bootImageId: isBootable(image.files) ? null : await installerId(ctx, machine, image, settings),
    installScript: compileInstallPlan({
      hostname: machine.hostname,
      firmware,
      storage: plan,
      disks,
      bootMac: boot.mac,
      ...(isConfigured(network) ? { network: networkConfigOf(network) } : {}),
      root: rootFileOf(image.files)?.role,
      kernelOptions: [image.kernelOptions, settings.kernelOptions, await tagOptions(ctx, machine)]
        .flat().join(" ").trim(),
    }),
    sshKeys,
    sealedUserData: input.userData === undefined
      ? null
      : await sealUnder(ctx.secrets.sealKey, input.userData),
  };
}

/** What its tags want on the kernel command line; empty: nothing. */
async function tagOptions(ctx: RegionContext, { id }: MachineRow): Promise<string[]> {
  return [...(await listKernelOptions(ctx.db, { machineId: id })).values()];
}

/** The image that was named, or the newest of the release that the settings name. */
async function chooseImage(
  ctx: RegionContext,
  machine: MachineRow,
  { input: { imageId }, settings }: { input: DeployInput; settings: Settings },
): Promise<ImageRow> {
  if (imageId !== undefined) {
    return checked(mustFind(await findImage(ctx.db, imageId), "image", imageId), machine);
  }
  const { deployRelease } = settings;
  if (deployRelease === null) throw imageIdMissing();
  const image = await findNewestOsImage(ctx.db, machine.architecture, deployRelease);
  if (image) return checked(image, machine);
  throw conflict(
    "images.none_of_release",
    `there is no image of ${deployRelease}, the setting deployRelease, for ` +
      `${machine.architecture}; sync one, name an imageId, or change the setting`,
  );
}

function checked(image: ImageRow, { architecture, inventory }: MachineRow): ImageRow {
  checkImage(image, { architecture, memoryMib: inventory?.memoryMib ?? 0 });
  return image;
}

/** What an image is installed with that cannot be booted itself: what it is made from, if it is here. */
async function installerId(
  ctx: RegionContext,
  machine: MachineRow,
  { baseOs }: ImageRow,
  settings: Settings,
): Promise<string> {
  const base = baseOs === null
    ? undefined
    : await findNewestBootable(ctx.db, machine.architecture, baseOs);
  return base?.id ?? await ephemeralImageId(ctx, machine, settings);
}

/** The system that a machine is worked on in: of the wanted release, else the newest image for it. */
async function ephemeralImageId(
  ctx: RegionContext,
  machine: MachineRow,
  { commissioningRelease }: Settings,
): Promise<string> {
  const image = commissioningRelease === null
    ? undefined
    : await findNewestBootable(ctx.db, machine.architecture, commissioningRelease);
  if (image) return image.id;
  return await newestImageId(ctx, machine);
}

async function newestImageId(ctx: RegionContext, machine: MachineRow): Promise<string> {
  const image = await findNewestBootable(ctx.db, machine.architecture);
  if (!image) throw noImage(machine.architecture);
  return image.id;
}

/** Those named, else the caller's own. */
async function chooseSshKeys(
  ctx: RegionContext,
  caller: Caller,
  named: readonly string[] | undefined,
): Promise<string[]> {
  return named?.map((text) => parseSshKey(text).key) ??
    (await listSshKeys(ctx.db, caller.userId, SSH_KEYS_MAX)).map(({ key }) => key);
}

function noImage(architecture: string): DomainError {
  return conflict(
    "images.none",
    `there is no image to boot for ${architecture}; sync a boot source first: ` +
      "POST /api/v1/boot-sources",
  );
}

function noSshKeys(): DomainError {
  return conflict(
    "ssh_keys.none",
    "nobody could sign in to the rescue system; add a key with POST /api/v1/ssh-keys, or name some",
  );
}

function imageIdMissing(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "deploy.image_missing",
    field: "imageId",
    message: "say which image to install (GET /api/v1/images lists them), or set deployRelease",
  });
}

function conflict(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}
