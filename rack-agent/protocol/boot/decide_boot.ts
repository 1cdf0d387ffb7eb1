import type { BootKind, BootPurpose, PlanStep } from "@/shared/machine/boot_plan.ts";
import type {
  SiteState,
  StateImage,
  StateMachine,
  StateOperation,
} from "@/shared/contract/site_state.ts";
import { BOOT_PROFILES } from "@/shared/machine/image_file.ts";
import { movesMachine } from "@/shared/machine/lifecycle.ts";

/** What a machine that asks to boot is told, and why. */
export interface BootDecision {
  readonly kind: BootKind;
  /** One sentence for the machine's screen and for `why`. */
  readonly why: string;
  /** With `kind: "ephemeral"`. */
  readonly purpose?: BootPurpose;
  readonly image?: StateImage;
  readonly operationId?: string;
}

/** A machine as the site knows it; absent: nobody registered it. */
export interface KnownMachine {
  readonly machine: StateMachine;
  /** Its operation in the state document, with where its plan stands here. */
  readonly operation?: { readonly order: StateOperation; readonly step: PlanStep };
}

/** Decides how a machine boots, from the site's state and its operation's boot plan. */
export function decideBoot(state: SiteState, known: KnownMachine | undefined): BootDecision {
  if (!known) return enlist(state, "this machine is unknown here");
  const { machine, operation } = known;
  if (operation && movesMachine(operation.order.kind)) {
    const { order, step } = operation;
    if (step.outcome.kind === "running") return inPhase(state, order, step);
    // The region may not have heard of the end yet, or be away: the site knows what follows.
    if (step.outcome.kind === "done" && order.plan.afterwards) {
      return afterwards(state, machine, order, order.plan.afterwards);
    }
  }
  if (machine.rescue) return rescue(state, machine, machine.rescue.imageId);
  switch (machine.boot) {
    case "enlist":
      return enlist(state, `${machine.hostname} is new`);
    case "local_disk":
      return { kind: "local_disk", why: `${machine.hostname} boots its own disk` };
    case "power_off":
      return { kind: "power_off", why: `${machine.hostname} has nothing to do and should be off` };
  }
}

function afterwards(
  state: SiteState,
  machine: StateMachine,
  order: StateOperation,
  kind: BootKind,
): BootDecision {
  if (kind === "ephemeral") return rescue(state, machine, order.imageId);
  return { kind, why: `${machine.hostname}: ${order.kind} is done` };
}

/** In rescue mode every boot leads into the rescue system, until somebody ends it. */
function rescue(
  state: SiteState,
  machine: StateMachine,
  imageId: string | undefined,
): BootDecision {
  const image = state.images.find(({ id }) => id === imageId);
  const why = `${machine.hostname} is in rescue mode`;
  const fault = bootFault(image, imageId);
  return image && !fault
    ? { kind: "ephemeral", why, purpose: "rescue", image }
    : { kind: "power_off", why: `${why}: ${fault}` };
}

function inPhase(state: SiteState, order: StateOperation, step: PlanStep): BootDecision {
  const why = `${order.kind}, phase "${step.phase.name}"`;
  if (step.phase.boot !== "ephemeral") {
    return { kind: step.phase.boot, why, operationId: order.id };
  }
  const image = state.images.find(({ id }) => id === order.imageId);
  const fault = bootFault(image, order.imageId);
  if (!image || fault) {
    return { kind: "power_off", why: `${why}: ${fault}`, operationId: order.id };
  }
  return { kind: "ephemeral", why, purpose: step.phase.purpose, image, operationId: order.id };
}

function enlist(state: SiteState, why: string): BootDecision {
  const image = state.images.find(({ id }) => id === state.enlistImageId);
  if (!image) return { kind: "local_disk", why: `${why}, and this site does not enlist machines` };
  const fault = bootFault(image, image.id);
  return fault
    ? { kind: "local_disk", why: `${why}: ${fault}` }
    : { kind: "ephemeral", why: `${why} and is being enlisted`, purpose: "enlist", image };
}

/** What keeps an image from being booted here; undefined: nothing. */
function bootFault(image: StateImage | undefined, id: string | undefined): string | undefined {
  if (!image) return `image ${id} is not in this site's state`;
  const { bootProfile = "maas" } = image;
  if (BOOT_PROFILES.some((one) => one === bootProfile)) return undefined;
  return `image ${id} boots by the profile "${bootProfile}"; this agent knows ` +
    `${BOOT_PROFILES.join(", ")}: update it`;
}
