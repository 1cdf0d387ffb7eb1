import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  changeMany,
  type ItemResult,
  MACHINES_PER_REQUEST_MAX,
  type ManyWork,
  type Selection,
} from "@/region/services/machines/change_many.ts";
import {
  formatAction,
  MACHINE_ACTIONS,
  MACHINE_STATUSES,
  type MachineAction,
  type Role,
  weakestRoleFor,
} from "@/shared/machine/lifecycle.ts";
import { body, createApi, DryRun, ok, requires, TextId } from "./api.ts";
import { ACTION_BODIES, bodyOf, inputOf, PLAIN_BODY } from "./machine_actions.ts";
import { machineFilters } from "./machine_query.ts";
import { MachineChange } from "./machine_schema.ts";

const Chosen = {
  systemIds: z.array(TextId).min(1).max(MACHINES_PER_REQUEST_MAX).optional()
    .openapi({ description: "These machines; or give a filter" }),
  filter: z.strictObject(machineFilters).optional().openapi({
    description: "Those that GET /machines lists with the same query; at least one filter",
  }),
  expect: z.int().min(0).max(MACHINES_PER_REQUEST_MAX).optional().openapi({
    description: "How many machines they are, as a dry run said; if not, nothing is done",
  }),
};

const Report = z.object({
  dryRun: z.boolean(),
  /** How many machines are meant. */
  machines: z.int(),
  ok: z.int(),
  refused: z.int(),
  /** Why, the most frequent first. */
  refusals: z.array(z.object({ code: z.string(), machines: z.int() })),
  /** In the order of the request, or of the list. */
  results: z.array(z.object({
    systemId: z.string(),
    hostname: z.string().nullable(),
    outcome: z.enum(["ok", "refused"]),
    /** Of an action: what the machine is as soon as it is recorded. */
    status: z.enum(MACHINE_STATUSES).optional(),
    operationId: z.string().optional(),
    refusal: z.object({ code: z.string(), detail: z.string() }).optional(),
  })),
});

const { zone, pool, tags, description } = MachineChange.shape;
const Change = z.strictObject({ zone, pool, tags, description });

interface BulkRoute {
  readonly name: string;
  readonly summary: string;
  readonly role: Role;
  /** What is to be done, beside the selection. */
  readonly fields: z.ZodRawShape;
  /** The same in the document. */
  readonly example?: object;
}

function bulkRoute({ name, summary, role, fields, example }: BulkRoute) {
  const chosen = { filter: { siteId: "s-4k7m2p9x", zone: "row 1" }, expect: 12 };
  const schema = z.strictObject({ ...Chosen, ...fields }).check(checkSelection)
    .openapi({ example: { ...chosen, ...example } });
  return createRoute({
    method: "post",
    path: `/machines/actions/${name}`,
    tags: ["machines"],
    summary,
    description: `At most ${MACHINES_PER_REQUEST_MAX} machines, each by itself: some may be ` +
      "refused and the others done. A repeat with the same Idempotency-Key does nothing twice.",
    ...requires(role),
    request: { query: z.strictObject({ dryRun: DryRun }), body: body(schema) },
    responses: ok(Report, "What came of each, or would"),
  });
}

/** Nobody means all machines by saying nothing. */
function checkSelection(payload: z.core.ParsePayload<Record<string, unknown>>): void {
  const { systemIds, filter } = payload.value;
  const isFiltered = filter !== undefined &&
    Object.values(Object(filter)).some((each) => each !== undefined);
  if ((systemIds === undefined) !== (filter === undefined) && (systemIds || isFiltered)) return;
  payload.issues.push({
    code: "custom",
    message: "say which machines are meant",
    path: [systemIds === undefined ? "filter" : "systemIds"],
    input: undefined,
    params: { accepted: "either systemIds, or a filter with at least one of its fields" },
  });
}

export function machineBulkRoutes(ctx: RegionContext) {
  const api = createApi();
  const add = (route: BulkRoute, workOf: (fields: Record<string, unknown>) => ManyWork) =>
    api.openapi(bulkRoute(route), async (c) => {
      const { systemIds, filter, expect, ...fields } = c.req.valid("json");
      const dryRun = c.req.valid("query").dryRun ?? false;
      // The schema has the three just as the service takes them.
      const selection = { systemIds, filter, expect } as Selection;
      const request = { selection, work: workOf(fields), isDryRun: dryRun };
      const results = await changeMany(ctx, c.get("caller"), request);
      return c.json({ dryRun, ...countsOf(results), results }, 200);
    });
  for (const action of MACHINE_ACTIONS) {
    add(actionRoute(action), (fields) => ({
      kind: "action",
      input: inputOf(action, bodyOf(action).parse(fields)),
    }));
  }
  add({
    name: "update",
    summary: "Set zone, pool, tags or description of many machines",
    role: "admin",
    fields: { change: Change },
    example: { change: { pool: "render", tags: { add: ["gpu"] } } },
  }, ({ change }) => ({ kind: "update", change: Change.parse(change) }));
  add({ name: "delete", summary: "Forget many machines", role: "admin", fields: {} }, () => ({
    kind: "delete",
  }));
  return api;
}

function actionRoute(action: MachineAction): BulkRoute {
  const bodies: Partial<Record<MachineAction, z.ZodObject>> = ACTION_BODIES;
  return {
    name: formatAction(action),
    summary: `Ask many machines to ${action.replaceAll("_", " ")}`,
    role: weakestRoleFor(action),
    fields: (bodies[action] ?? PLAIN_BODY).shape,
    example: action === "deploy" ? { imageId: "i-ubuntu2404" } : {},
  };
}

function countsOf(results: readonly ItemResult[]) {
  const refused = results.flatMap(({ refusal }) => refusal ? [refusal.code] : []);
  const byCode = [...Map.groupBy(refused, (code) => code)]
    .map(([code, all]) => ({ code, machines: all.length }));
  return {
    machines: results.length,
    ok: results.length - refused.length,
    refused: refused.length,
    refusals: byCode.sort((a, b) => b.machines - a.machines),
  };
}
