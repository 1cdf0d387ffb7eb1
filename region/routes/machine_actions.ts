import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { type ActionInput, actOnMachine } from "@/region/services/machines/act_on_machine.ts";
import { getMachine } from "@/region/services/machines/read_machines.ts";
import { viewOperation } from "@/region/services/operations/operation_view.ts";
import {
  ERASE_WAYS,
  formatAction,
  MACHINE_ACTIONS,
  type MachineAction,
  weakestRoleFor,
} from "@/shared/machine/lifecycle.ts";
import { type ApiEnv, createApi, requires, TextId } from "./api.ts";
import { Machine } from "./machine_schema.ts";
import { Operation } from "./operation_schema.ts";

/** cloud-init's own limit for user-data over the network is far above; nobody writes more. */
const USER_DATA_CHARS_MAX = 262_144;

const params = z.object({ systemId: TextId });
const headers = z.object({
  /** Sent again with the same request, it starts nothing new. */
  "idempotency-key": z.string().min(1).max(128).optional(),
});

const responses = {
  200: {
    description: "Done at once",
    content: { "application/json": { schema: z.object({ machine: Machine }) } },
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
const BODIES = {
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
const PLAIN_BODY = z.strictObject({ comment });

function describeAction(action: MachineAction) {
  return {
    method: "post" as const,
    path: `/machines/{systemId}/${formatAction(action)}`,
    tags: ["machines"],
    summary: `Ask a machine to ${action.replaceAll("_", " ")}`,
    ...requires(weakestRoleFor(action)),
    responses,
  };
}

function actionRoute<B extends z.ZodType>(action: MachineAction, schema: B) {
  const content = { "application/json": { schema } };
  return createRoute({
    ...describeAction(action),
    request: { params, headers, body: { required: action === "deploy", content } },
  });
}

export function machineActionRoutes(ctx: RegionContext) {
  const api = createApi();
  api.openapi(actionRoute("deploy", BODIES.deploy), (c) => {
    const { comment, ...deploy } = c.req.valid("json");
    return answer(ctx, c, {
      ...c.req.valid("param"),
      action: "deploy",
      comment,
      deploy,
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    });
  });
  api.openapi(
    actionRoute("release", BODIES.release),
    (c) =>
      answer(ctx, c, {
        ...c.req.valid("param"),
        action: "release",
        ...c.req.valid("json"),
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      }),
  );
  api.openapi(
    actionRoute("rescue_mode", BODIES.rescue_mode),
    (c) =>
      answer(ctx, c, {
        ...c.req.valid("param"),
        action: "rescue_mode",
        ...c.req.valid("json"),
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      }),
  );
  for (const action of ["commission", "test"] as const) {
    api.openapi(actionRoute(action, BODIES[action]), (c) =>
      answer(ctx, c, {
        ...c.req.valid("param"),
        action,
        ...c.req.valid("json"),
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      }));
  }
  for (const action of MACHINE_ACTIONS.filter((each) => !(each in BODIES))) {
    api.openapi(
      actionRoute(action, PLAIN_BODY),
      (c) =>
        answer(ctx, c, {
          ...c.req.valid("param"),
          action,
          ...c.req.valid("json"),
          idempotencyKey: c.req.valid("header")["idempotency-key"],
        }),
    );
  }
  return api;
}

async function answer(ctx: RegionContext, c: Context<ApiEnv>, input: ActionInput) {
  const caller = c.get("caller");
  const { operation } = await actOnMachine(ctx, caller, input);
  if (operation) return c.json({ operation: viewOperation(operation, input.systemId) }, 202);
  return c.json({ machine: await getMachine(ctx, caller, input.systemId) }, 200);
}
