import { redfishFault, unreadable } from "./faults.ts";
import { type Json, linkIn, linkOf, objectIn, objectsIn, textIn, textsIn } from "./json.ts";
import type { Conversation } from "./message.ts";
import { QUIRKS } from "./quirks.ts";
import { members, read, readWithTag, serviceRoot, type Talk } from "./talk.ts";

/** A machine as its BMC describes it, DSP0268 "ComputerSystem". */
export interface ComputerSystem {
  readonly path: string;
  /** Absent: the BMC does not know at the moment. */
  readonly power?: "on" | "off";
  readonly model?: string;
  readonly uuid?: string;
  readonly chassis: readonly string[];
  readonly reset: {
    readonly target: string;
    /** What may be asked for; absent: not said here. */
    readonly values?: readonly string[];
    /** Where it is said instead. */
    readonly actionInfo?: string;
  };
  readonly boot: {
    /** Absent: not said. */
    readonly targets?: readonly string[];
    readonly mode?: string;
    readonly modes?: readonly string[];
  };
  readonly etag?: string;
}

/** Finds the machine behind the BMC and reads it. */
export function* readSystem(talk: Talk): Conversation<ComputerSystem> {
  const purpose = "describe its machine";
  talk.systemPath ??= yield* findSystem(talk, purpose);
  const { body, etag } = yield* readWithTag(talk, talk.systemPath, purpose);
  return describe(talk, body, etag);
}

function* findSystem(talk: Talk, purpose: string): Conversation<string> {
  const { login } = talk;
  const root = yield* serviceRoot(talk);
  if (!root.systems) throw unreadable(login, purpose, "its service root names no Systems");
  const all = yield* members(talk, root.systems, purpose);
  const named = all.map((path) => ({ path, id: idOf(path) }));
  const accepted = named.map(({ id }) => id).join(", ").slice(0, 500);
  const wanted = login.system === undefined
    ? named.filter(({ id }) => !QUIRKS[root.vendor].notMachines.includes(id))
    : named.filter(({ id }) => id === login.system);
  const [only, ...others] = wanted;
  if (!only) {
    const sentence = login.system === undefined
      ? "describes no machine at all; reset it, or choose IPMI"
      : `has no system "${login.system}"; it has ${accepted || "none"}`;
    throw redfishFault(login, "bmc.no_system", sentence, { accepted });
  }
  if (others.length === 0) return only.path;
  const sentence = `serves several systems; say which one this machine is: ${accepted}`;
  throw redfishFault(login, "bmc.several_systems", sentence, { accepted });
}

function idOf(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) ?? "";
}

/** DSP0268 "PowerState": a machine is not on before it is, and not off before it is. */
const POWER: Readonly<Record<string, "on" | "off">> = {
  On: "on",
  Off: "off",
  PoweringOn: "off",
  PoweringOff: "on",
  Paused: "on",
};

function describe(talk: Talk, body: Json, etag: string | undefined): ComputerSystem {
  const action = objectIn(objectIn(body, "Actions"), "#ComputerSystem.Reset");
  const boot = objectIn(body, "Boot");
  const path = linkOf(body) ?? talk.systemPath ?? "";
  const target = textIn(action, "target");
  return {
    path,
    power: POWER[textIn(body, "PowerState") ?? ""],
    model: textIn(body, "Model")?.slice(0, 100),
    uuid: textIn(body, "UUID")?.slice(0, 64),
    chassis: objectsIn(objectIn(body, "Links"), "Chassis").flatMap((each) => linkOf(each) ?? []),
    reset: {
      target: target?.startsWith("/") ? target : `${path}/Actions/ComputerSystem.Reset`,
      values: textsIn(action, "ResetType@Redfish.AllowableValues"),
      actionInfo: textIn(action, "@Redfish.ActionInfo") ?? linkIn(action, "@Redfish.ActionInfo"),
    },
    boot: {
      // iLO 4 has a name of its own for it.
      targets: textsIn(boot, "BootSourceOverrideTarget@Redfish.AllowableValues") ??
        textsIn(boot, "BootSourceOverrideSupported"),
      mode: textIn(boot, "BootSourceOverrideMode"),
      modes: textsIn(boot, "BootSourceOverrideMode@Redfish.AllowableValues"),
    },
    etag,
  };
}

/** What the reset action takes, wherever the BMC says it; undefined when it does not. */
export function* resetValues(
  talk: Talk,
  { reset }: ComputerSystem,
): Conversation<readonly string[] | undefined> {
  if (reset.values !== undefined || !reset.actionInfo?.startsWith("/")) return reset.values;
  const info = yield* read(talk, reset.actionInfo, "say how it can be switched");
  const parameter = objectsIn(info, "Parameters").find((each) =>
    textIn(each, "Name") === "ResetType"
  );
  return textsIn(parameter, "AllowableValues");
}
