import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RegionContext } from "@/region/context.ts";
import { type ActionInput, actOnMachine } from "@/region/services/machines/act_on_machine.ts";
import { getMachine } from "@/region/services/machines/read_machines.ts";
import { viewOperation } from "@/region/services/operations/operation_view.ts";
import { ACTIONS, MACHINE_ACTIONS, type MachineAction } from "@/shared/machine/lifecycle.ts";
import { type ApiEnv, body, createApi, requires, TextId } from "./api.ts";
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

function describeAction(action: MachineAction) {
  return {
    method: "post" as const,
    path: `/machines/{systemId}/${action.replaceAll("_", "-")}`,
    tags: ["machines"],
    summary: `Ask a machine to ${action.replaceAll("_", " ")}`,
    ...requires(ACTIONS[action].role),
    responses,
  };
}

const deployRoute = createRoute({
  ...describeAction("deploy"),
  request: {
    params,
    headers,
    body: body(z.strictObject({
      imageId: TextId,
      /** Absent: my own keys. */
      sshKeys: z.array(z.string().max(16_384)).max(100).optional(),
      userData: z.string().max(USER_DATA_CHARS_MAX).optional(),
    })),
  },
});

function plainRoute(action: MachineAction) {
  return createRoute({
    ...describeAction(action),
    request: {
      params,
      headers,
      body: { content: { "application/json": { schema: z.strictObject({}) } } },
    },
  });
}

export function machineActionRoutes(ctx: RegionContext) {
  const api = createApi();
  api.openapi(deployRoute, (c) =>
    answer(ctx, c, {
      ...c.req.valid("param"),
      action: "deploy",
      deploy: c.req.valid("json"),
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    }));
  for (const action of MACHINE_ACTIONS.filter((each) => each !== "deploy")) {
    api.openapi(plainRoute(action), (c) =>
      answer(ctx, c, {
        ...c.req.valid("param"),
        action,
        idempotencyKey: c.req.valid("header")["idempotency-key"],
      }));
  }
  return api;
}

async function answer(ctx: RegionContext, c: Context<ApiEnv>, input: ActionInput) {
  const caller = c.get("caller");
  const { operation } = await actOnMachine(ctx, caller, input);
  if (operation) return c.json({ operation: viewOperation(operation, input.systemId) }, 202);
  return c.json({ machine: await getMachine(ctx, caller, input.systemId) }, 200);
}
