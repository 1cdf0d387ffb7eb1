import type { RegionContext } from "@/region/context.ts";
import { findImage, findNewestOsImage, type ImageRow } from "@/region/db/queries/images.ts";
import { listInterfaces } from "@/region/db/queries/interfaces.ts";
import { listKernelOptions } from "@/region/db/queries/tags.ts";
import { listSshKeys } from "@/region/db/queries/users.ts";
import type { MachineRow } from "@/region/db/queries/machines.ts";
import type { NewOperation } from "@/region/db/queries/operations.ts";
import { compileInstallPlan } from "@/region/domain/install/install_plan.ts";
import { chooseInstallTarget } from "@/region/domain/install_target.ts";
import { parseSshKey } from "@/region/domain/ssh_key.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { sealUnder } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { bootPlanFor } from "@/shared/machine/boot_plan.ts";
import type { OperationKind } from "@/shared/machine/lifecycle.ts";
import type { Caller } from "../identity/caller.ts";

/** What a deploy is asked with. */
export interface DeployInput {
  readonly imageId: string;
  /** Absent: the caller's own keys. */
  readonly sshKeys?: readonly string[];
  readonly userData?: string;
}

/** The part of an operation that says what the site is to do. */
export type Work = Pick<
  NewOperation,
  "plan" | "imageId" | "installScript" | "sshKeys" | "sealedUserData"
>;

const SSH_KEYS_MAX = 100;

/**
 * Everything the site needs to carry out `kind` on this machine. `plan` is undefined when nothing
 * has to happen there. Throws when it cannot be done, with a code that says why.
 */
export async function prepareOperation(
  ctx: RegionContext,
  caller: Caller,
  request: { machine: MachineRow; kind: OperationKind; deploy?: DeployInput },
): Promise<Work> {
  const { machine, kind } = request;
  const plan = bootPlanFor(kind, machine.bmc !== null);
  switch (kind) {
    case "commission": {
      const image = await findNewestOsImage(ctx.db, machine.architecture);
      if (!image) throw noImage(machine.architecture);
      return { plan, imageId: image.id };
    }
    case "deploy": {
      if (!request.deploy) throw imageIdMissing();
      return { plan, ...await prepareDeploy(ctx, caller, machine, request.deploy) };
    }
    case "release":
      return { plan };
    case "power_on":
    case "power_off":
    case "power_cycle":
    case "power_query":
      return { plan };
  }
}

async function prepareDeploy(
  ctx: RegionContext,
  caller: Caller,
  machine: MachineRow,
  input: DeployInput,
): Promise<Work> {
  const image = mustFind(await findImage(ctx.db, input.imageId), "image", input.imageId);
  checkImage(image, machine);
  const target = chooseInstallTarget(machine.inventory);
  const [boot] = await listInterfaces(ctx.db, [machine.id]);
  if (!boot) {
    throw conflict("machine.no_interface", "no network interface of this machine is known");
  }
  const sshKeys = input.sshKeys?.map((text) => parseSshKey(text).key) ??
    (await listSshKeys(ctx.db, caller.userId, SSH_KEYS_MAX)).map(({ key }) => key);
  return {
    imageId: image.id,
    installScript: compileInstallPlan({
      hostname: machine.hostname,
      firmware: target.firmware,
      diskPath: target.diskPath,
      bootMac: boot.mac,
      kernelOptions: [image.kernelOptions, ...await tagOptions(ctx, machine)].join(" ").trim(),
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

function checkImage(image: ImageRow, machine: MachineRow): void {
  if (image.kind !== "os") {
    throw conflict("image.not_an_os", `${image.title} is a ${image.kind}; choose a system`);
  }
  if (image.architecture !== machine.architecture) {
    throw conflict(
      "image.wrong_architecture",
      `${image.title} is for ${image.architecture}, the machine is ${machine.architecture}`,
    );
  }
}

function noImage(architecture: string): DomainError {
  return conflict(
    "images.none",
    `there is no image to boot for ${architecture}; import an image first: ` +
      "POST /api/v1/images/imports",
  );
}

function imageIdMissing(): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "deploy.image_missing",
    field: "imageId",
    message: "say which image to install; GET /api/v1/images lists them",
  });
}

function conflict(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}
