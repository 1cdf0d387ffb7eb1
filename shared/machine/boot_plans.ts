import type { BootKind, BootPhase, BootPlan, BootPurpose, PowerOrder } from "./boot_plan.ts";
import type { EraseWay, OperationKind } from "./lifecycle.ts";

/** Firmware of a big server takes minutes from power-on to its first DHCP packet. */
const FIRMWARE_SECONDS = 900;
const SYSTEM_SECONDS = 900;
const POWER_SECONDS = 180;
const HOUR = 3600;

/** Writing a 20 TB disk full at 100 MB/s takes two and a half days, and others wait for the same bus. */
const ERASE_SECONDS: Record<EraseWay, number> = {
  quick: 2 * HOUR,
  secure: 7 * 24 * HOUR,
  full: 7 * 24 * HOUR,
};

/** How long a kind of work may take, apart from scripts and wiping, unless the region says otherwise. */
export const DEADLINE_SECONDS: Record<OperationKind, number> = {
  commission: HOUR,
  test: HOUR,
  deploy: 2 * HOUR,
  erase: HOUR,
  rescue: HOUR,
  exit_rescue: 600,
  release: 600,
  power_on: 600,
  power_off: 600,
  power_cycle: 600,
  power_query: 600,
};

/** What a plan depends on besides the kind of work. */
export interface PlanChoice {
  /** Absent: power is switched by hand, and the plan's power orders are left out. */
  readonly hasBmc: boolean;
  /** It can switch on and nothing else: orders to switch off are left out. Absent: it can do all. */
  readonly onlySwitchesOn?: boolean;
  /** test, exit_rescue: the machine boots its own disk afterwards, instead of being switched off. */
  readonly returnsToDisk?: boolean;
  /** erase: how. */
  readonly erase?: EraseWay;
  /** commission, test: how long all scripts together may take. */
  readonly scriptSeconds?: number;
  /** Apart from scripts and wiping; absent: as `DEADLINE_SECONDS` has it. */
  readonly deadlineSeconds?: number;
}

/**
 * The plan of an operation.
 *
 * Undefined: nothing has to happen at the site (release of a machine that is switched by hand).
 */
export function bootPlanFor(kind: OperationKind, choice: PlanChoice): BootPlan | undefined {
  const { hasBmc, returnsToDisk = false, erase = "quick", scriptSeconds = 0 } = choice;
  const { deadlineSeconds = DEADLINE_SECONDS[kind] } = choice;
  const power = (order: PowerOrder) =>
    hasBmc && (order === "on" || !choice.onlySwitchesOn) ? [powerPhase(order)] : [];
  const goBack = () => power(returnsToDisk ? "cycle" : "off");
  const after = returnsToDisk ? "local_disk" : "power_off";
  const inSystem = (purpose: BootPurpose, doneBy: BootPhase["doneBy"]): BootPhase[] => [
    {
      name: "network boot",
      ...(hasBmc ? { order: "network_boot" as const } : {}),
      boot: "ephemeral",
      purpose,
      doneBy: "boot_asked",
      limitSeconds: FIRMWARE_SECONDS,
    },
    { name: purpose, boot: "ephemeral", purpose, doneBy, limitSeconds: SYSTEM_SECONDS },
  ];
  switch (kind) {
    case "commission": {
      const phases = [...inSystem("commission", "commissioned"), ...power("off")];
      return plan(deadlineSeconds + scriptSeconds, phases, "power_off");
    }
    case "test":
      return plan(
        deadlineSeconds + scriptSeconds,
        [...inSystem("test", "tested"), ...goBack()],
        after,
      );
    case "deploy":
      return plan(deadlineSeconds, [...inSystem("install", "installed"), {
        name: "first boot",
        boot: "local_disk",
        doneBy: "system_ready",
        limitSeconds: FIRMWARE_SECONDS + SYSTEM_SECONDS,
      }], "local_disk");
    case "erase": {
      const phases = [...inSystem("erase", "erased"), ...power("off")];
      return plan(deadlineSeconds + ERASE_SECONDS[erase], phases, "power_off");
    }
    case "rescue":
      return plan(deadlineSeconds, inSystem("rescue", "rescue_ready"), "ephemeral");
    case "exit_rescue":
      return plan(deadlineSeconds, goBack(), after);
    case "release":
      return plan(deadlineSeconds, power("off"), "power_off");
    case "power_on":
      return plan(deadlineSeconds, power("on"));
    case "power_off":
      return plan(deadlineSeconds, power("off"));
    case "power_cycle":
      return plan(deadlineSeconds, power("cycle"));
    case "power_query":
      return plan(deadlineSeconds, power("query"));
  }
}

/** Switches the power, and is done when the BMC says so. */
function powerPhase(order: PowerOrder): BootPhase {
  return {
    name: `power ${order}`,
    order,
    boot: order === "off" ? "power_off" : "local_disk",
    doneBy: "power_done",
    limitSeconds: POWER_SECONDS,
  };
}

function plan(
  deadlineSeconds: number,
  phases: BootPhase[],
  afterwards?: BootKind,
): BootPlan | undefined {
  if (phases.length === 0) return undefined;
  return { phases, deadlineSeconds, ...(afterwards ? { afterwards } : {}) };
}
