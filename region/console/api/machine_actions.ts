import type { EraseWay, MachineAction, MachineStatus } from "@/shared/machine/lifecycle.ts";
import { formatAction } from "@/shared/machine/lifecycle.ts";
import type { OutputOf } from "./api_schema.ts";
import { ask } from "./client.ts";

/** The action routes are made in a loop over the lifecycle's table: these are their types. */
export interface ActionBody {
  readonly comment?: string;
  readonly imageId?: string;
  readonly sshKeys?: readonly string[];
  readonly userData?: string;
  readonly erase?: EraseWay;
  readonly scripts?: readonly string[];
}

export type Operation = OutputOf<"/operations", "get">["operations"][number];

/** What an action would lead to. */
export interface Preview {
  readonly status: MachineStatus;
  readonly endsOperation: string | null;
  readonly work: {
    readonly kind: string;
    readonly phases: readonly string[];
    readonly scripts: readonly string[];
    readonly deadlineSeconds: number | null;
    readonly installScript: string | null;
    readonly sshKeys: number;
    readonly hasUserData: boolean;
  } | null;
}

/** What came of each of many, or would. */
export interface Report {
  readonly machines: number;
  readonly ok: number;
  readonly refused: number;
  readonly results: readonly {
    readonly systemId: string;
    readonly hostname: string | null;
    readonly outcome: "ok" | "refused";
    readonly status?: MachineStatus;
    readonly operationId?: string;
    readonly refusal?: { readonly code: string; readonly detail: string };
  }[];
}

/** Asks one machine to do something. */
export async function act(
  systemId: string,
  action: MachineAction,
  body: ActionBody = {},
): Promise<Operation | undefined> {
  const path = `/machines/:systemId/${formatAction(action)}`;
  const answer = await ask<{ operation?: Operation }>("POST", path, {
    param: { systemId },
    json: body,
  });
  return answer.operation;
}

/** Says what it would lead to, and does nothing. Throws what the action would be refused with. */
export async function previewAction(
  systemId: string,
  action: MachineAction,
  body: ActionBody,
  signal?: AbortSignal,
): Promise<Preview> {
  const path = `/machines/:systemId/${formatAction(action)}`;
  const input = { param: { systemId }, query: { dryRun: true }, json: body, signal };
  return (await ask<{ preview: Preview }>("POST", path, input)).preview;
}

/** Something that can be done to many: an action, or a change of what people say of them. */
export type ManyDeed =
  | { readonly kind: "action"; readonly action: MachineAction; readonly body: ActionBody }
  | { readonly kind: "update"; readonly change: ManyChange }
  | { readonly kind: "delete" };

export interface ManyChange {
  readonly zone?: string;
  readonly pool?: string;
  readonly tags?: { readonly add?: readonly string[]; readonly remove?: readonly string[] };
}

/** As many as one request takes. */
const AT_ONCE_MAX = 1000;

/** Does it to each by itself, or with `dryRun` says what would come of each. */
export async function actOnMany(
  systemIds: readonly string[],
  deed: ManyDeed,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal },
): Promise<Report> {
  const name = deed.kind === "action" ? formatAction(deed.action) : deed.kind;
  const more = deed.kind === "action"
    ? deed.body
    : deed.kind === "update"
    ? { change: deed.change }
    : {};
  const reports: Report[] = [];
  for (let at = 0; at < systemIds.length; at += AT_ONCE_MAX) {
    const json = { ...more, systemIds: systemIds.slice(at, at + AT_ONCE_MAX) };
    const query = dryRun ? { dryRun } : {};
    reports.push(
      await ask<Report>("POST", `/machines/actions/${name}`, { json, query, signal }),
    );
  }
  const sum = (of: (report: Report) => number) => reports.reduce((all, each) => all + of(each), 0);
  return {
    machines: sum(({ machines }) => machines),
    ok: sum(({ ok }) => ok),
    refused: sum(({ refused }) => refused),
    results: reports.flatMap(({ results }) => results),
  };
}
