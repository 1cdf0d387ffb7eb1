import { redfishFault } from "./faults.ts";
import { type ComputerSystem, readSystem, resetValues } from "./computer_system.ts";
import type { Conversation } from "./message.ts";
import { order, type Talk } from "./talk.ts";

export type PowerSwitch = "on" | "off" | "soft_off" | "cycle";

/** Values of ResetType that do it, the best first; DSP0268 "Resource.ResetType". */
const RESET_TYPES: Readonly<Record<PowerSwitch, readonly string[]>> = {
  on: ["On", "ForceOn", "PushPowerButton"],
  off: ["ForceOff"],
  soft_off: ["GracefulShutdown", "PushPowerButton"],
  cycle: ["PowerCycle", "ForceRestart", "FullPowerCycle", "ColdBoot"],
};

const WORDS: Readonly<Record<PowerSwitch, string>> = {
  on: "switch on",
  off: "switch off",
  soft_off: "shut down",
  cycle: "cycle the power",
};

/** What the machine's power is. `bmc.busy` while its BMC does not know. */
export function* queryPower(talk: Talk): Conversation<"on" | "off"> {
  const { power } = yield* readSystem(talk);
  if (power) return power;
  const sentence = "does not know the machine's power state now; try again in a minute";
  throw redfishFault(talk.login, "bmc.busy", sentence);
}

/** Switches by what the BMC offers. A machine that is so already is left alone. */
export function* switchPower(talk: Talk, how: PowerSwitch): Conversation<void> {
  const system = yield* readSystem(talk);
  if (isDone(system, how)) return;
  const type = yield* chooseResetType(talk, system, how);
  const answer = yield* order(talk, {
    method: "POST",
    path: system.reset.target,
    body: { ResetType: type },
    purpose: `${WORDS[how]} (${type})`,
  });
  void answer; // 202 names a task: the order looks at the machine itself, not at that
}

/** BMCs refuse to do what is done, and pushing the button again would undo it. */
function isDone({ power }: ComputerSystem, how: PowerSwitch): boolean {
  return how === "on" && power === "on" || (how === "off" || how === "soft_off") && power === "off";
}

function* chooseResetType(
  talk: Talk,
  system: ComputerSystem,
  how: PowerSwitch,
): Conversation<string> {
  const wanted = RESET_TYPES[how];
  const offered = yield* resetValues(talk, system);
  const type = offered === undefined ? wanted[0] : wanted.find((each) => offered.includes(each));
  if (type) return type;
  throw redfishFault(
    talk.login,
    "bmc.not_offered",
    `cannot ${WORDS[how]}: it offers ${offered?.join(", ") || "nothing"}, ` +
      `and this takes ${wanted.join(" or ")}`,
  );
}
