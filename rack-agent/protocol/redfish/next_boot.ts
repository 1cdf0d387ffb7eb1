import { redfishFault, refusal } from "./faults.ts";
import { type ComputerSystem, readSystem } from "./computer_system.ts";
import { readExtendedInfo } from "./extended_info.ts";
import type { Conversation, RedfishAnswer } from "./message.ts";
import { QUIRKS } from "./quirks.ts";
import { type Ask, ask, isSuccess, type Talk } from "./talk.ts";

export interface NextBootWish {
  readonly device: "network" | "disk" | "none";
  readonly uefi: boolean;
}

/** DSP0268 "BootSource"; `Pxe` covers both firmwares, UefiHttp is what is left where it is missing. */
const TARGETS = {
  network: ["Pxe", "UefiHttp"],
  disk: ["Hdd"],
  none: ["None"],
} as const;

/** How a request is put together; BMCs differ in what they want, and say so. */
interface Shape {
  readonly hasMode: boolean;
  readonly hasIfMatch: boolean;
}

/** Each refusal may change the shape once. */
const ATTEMPTS_MAX = 4;

/** What the next boot starts from, once; `none` takes an earlier wish back. */
export function* setNextBoot(talk: Talk, wish: NextBootWish): Conversation<void> {
  let system = yield* readSystem(talk);
  const target = chooseTarget(talk, system, wish);
  const quirks = QUIRKS[talk.root?.vendor ?? "other"];
  let shape: Shape = {
    hasMode: quirks.bootMode === "when_shown" && maySendMode(system, wish),
    hasIfMatch: quirks.wantsIfMatch,
  };
  for (let attempt = 1;; attempt++) {
    const request: Ask = {
      method: "PATCH",
      path: system.path,
      body: { Boot: bootOf(target, wish, shape) },
      ...(shape.hasIfMatch && system.etag ? { ifMatch: system.etag } : {}),
      purpose: wish.device === "none"
        ? "forget what the next boot starts from"
        : `start the next boot from ${wish.device} (${target})`,
    };
    const answer = yield* ask(talk, request);
    if (isSuccess(answer)) return;
    const next = reshaped(shape, answer);
    if (!next || attempt === ATTEMPTS_MAX) {
      throw refusal(talk.login, { ...request, auth: { kind: "none" } }, answer);
    }
    shape = next;
    if (shape.hasIfMatch) system = yield* readSystem(talk); // its ETag moves with every change
  }
}

function chooseTarget(talk: Talk, system: ComputerSystem, { device, uefi }: NextBootWish): string {
  const { targets } = system.boot;
  const wanted = TARGETS[device].filter((each) => uefi || each !== "UefiHttp");
  const target = targets === undefined || device === "none"
    ? wanted[0]
    : wanted.find((each) => targets.includes(each));
  if (target) return target;
  throw redfishFault(
    talk.login,
    "bmc.not_offered",
    `cannot start the next boot from ${device}: it offers ${targets?.join(", ") || "nothing"}; ` +
      `put ${device} first in the machine's own boot order`,
  );
}

function maySendMode({ boot }: ComputerSystem, wish: NextBootWish): boolean {
  return boot.mode !== undefined && (boot.modes?.includes(modeOf(wish)) ?? true);
}

function modeOf({ uefi }: NextBootWish): string {
  return uefi ? "UEFI" : "Legacy";
}

function bootOf(target: string, wish: NextBootWish, { hasMode }: Shape) {
  return {
    BootSourceOverrideEnabled: wish.device === "none" ? "Disabled" : "Once",
    BootSourceOverrideTarget: target,
    ...(hasMode ? { BootSourceOverrideMode: modeOf(wish) } : {}),
  };
}

/** The same wish as the BMC asks for it; undefined when the refusal is about something else. */
function reshaped(shape: Shape, answer: RedfishAnswer): Shape | undefined {
  // RFC 9110 §15.5.13 and RFC 6585 §3: what is changed must be named, or named anew.
  if (answer.status === 412 || answer.status === 428) return { ...shape, hasIfMatch: true };
  if (answer.status !== 400 && answer.status !== 422) return undefined;
  const isAboutMode = readExtendedInfo(answer.text)
    .some(({ message }) => message.includes("BootSourceOverrideMode"));
  return isAboutMode ? { ...shape, hasMode: !shape.hasMode } : undefined;
}
