import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { type ActionInput, actOnMachine } from "@/region/services/machines/act_on_machine.ts";
import { getMachine } from "@/region/services/machines/read_machines.ts";
import { previewMachineAction } from "@/region/services/machines/preview_action.ts";
import { viewOperation } from "@/region/services/operations/operation_view.ts";
import {
  ERASE_WAYS,
  formatAction,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  type MachineAction,
  OPERATION_KINDS,
  weakestRoleFor,
} from "@/shared/machine/lifecycle.ts";
import { createApi, DryRun, requires, TextId } from "./api.ts";
import { Machine } from "./machine_schema.ts";
import { Operation } from "./operation_schema.ts";

/** cloud-init's own limit for user-data over the network is far above; nobody writes more. */
const USER_DATA_CHARS_MAX = 262_144;

const params = z.object({ systemId: TextId });

/** What an action would lead to; nothing of it has happened. */
const Preview = z.object({
  status: z.enum(MACHINE_STATUSES),
  /** The operation under way that would be aborted for it. */
  endsOperation: z.string().nullable(),
  /** The work that the site would be given; null: there is none to do. */
  work: z.object({
    kind: z.enum(OPERATION_KINDS),
    imageId: z.string().nullable(),
    erase: z.enum(ERASE_WAYS).nullable(),
    scripts: z.array(z.string()),
    /** Of the boot plan; none: it would be done as soon as it is recorded. */
    phases: z.array(z.string()),
    deadlineSeconds: z.int().nullable(),
    /** deploy: the shell script that would install the machine. */
    installScript: z.string().nullable(),
    /** How many SSH keys would let in. */
    sshKeys: z.int(),
    hasUserData: z.boolean(),
  }).nullable(),
});

const responses = {
  200: {
    description: "Done at once; or, of a dry run, what would be done",
    content: {
      "application/json": {
        schema: z.object({ machine: Machine.optional(), preview: Preview.optional() }),
      },
    },
  },
  202: {
    description: "The site is at work on it",
    content: { "application/json": { schema: z.object({ operation: Operation }) } },
  },
};

/** What a person has to say about it: in the timeline, the audit, and at the machine. */
const comment = z.string().min(1).max(500).optional();
const sshKeys = z.array(z.string().max(16_384)).max(100).optional();

const scriptNames = z.array(z.string().min(1).max(63)).max(64).optional();

/** What each action can be asked with; every one takes a comment. */
export const ACTION_BODIES = {
  deploy: z.strictObject({
    comment,
    /** Absent: the newest image of the release that the setting `deployRelease` names. */
    imageId: TextId.optional(),
    /** Absent: my own keys. */
    sshKeys,
    userData: z.string().max(USER_DATA_CHARS_MAX).optional(),
  }),
  release: z.strictObject({
    comment,
    /** Wipes the disks first; absent: they are left as they are. */
    erase: z.enum(ERASE_WAYS).optional(),
  }),
  commission: z.strictObject({
    comment,
    /** Names and tags of commissioning scripts; absent: all but those tagged `noauto`. */
    scripts: scriptNames,
  }),
  test: z.strictObject({
    comment,
    /** Names and tags of testing scripts; absent: those tagged `quick`. */
    scripts: scriptNames,
  }),
  rescue_mode: z.strictObject({
    comment,
    /** Absent: my own keys. */
    sshKeys,
  }),
};
export const PLAIN_BODY = z.strictObject({ comment });

type ActionBody = z.output<(typeof ACTION_BODIES)[keyof typeof ACTION_BODIES] | typeof PLAIN_BODY>;

/** What an action takes beside the machine. */
export function bodyOf(action: MachineAction) {
  const bodies: Partial<Record<MachineAction, z.ZodObject>> = ACTION_BODIES;
  // Each of them gives one of the bodies that `inputOf` takes.
  return (bodies[action] ?? PLAIN_BODY) as z.ZodType<ActionBody>;
}

/** The same as the service takes it. */
export function inputOf(action: MachineAction, body: ActionBody): Omit<ActionInput, "systemId"> {
  if (action !== "deploy") return { action, ...body };
  // What `bodyOf` gives for this action.
  const { comment, ...deploy } = body as z.output<typeof ACTION_BODIES.deploy>;
  return { action, comment, deploy };
}

function actionRoute(action: MachineAction) {
  const content = { "application/json": { schema: bodyOf(action) } };
  return createRoute({
    method: "post",
    path: `/machines/{systemId}/${formatAction(action)}`,
    tags: ["machines"],
    summary: `Ask a machine to ${action.replaceAll("_", " ")}`,
    ...requires(weakestRoleFor(action)),
    request: {
      params,
      query: z.strictObject({ dryRun: DryRun }),
      body: { required: action === "deploy", content },
    },
    responses,
  });
}

export function machineActionRoutes(ctx: RegionContext) {
  const api = createApi();
  for (const action of MACHINE_ACTIONS) {
    api.openapi(actionRoute(action), async (c) => {
      const caller = c.get("caller");
      const { systemId } = c.req.valid("param");
      const input = { systemId, ...inputOf(action, c.req.valid("json")) };
      if (c.req.valid("query").dryRun) {
        return c.json({ preview: await previewMachineAction(ctx, caller, input) }, 200);
      }
      const { operation } = await actOnMachine(ctx, caller, input);
      if (operation) return c.json({ operation: viewOperation(operation, systemId) }, 202);
      return c.json({ machine: await getMachine(ctx, caller, systemId) }, 200);
    });
  }
  return api;
}
