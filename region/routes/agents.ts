import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  AGENT_SORTS,
  type AgentView,
  listAgents,
  revokeAgent,
} from "@/region/services/agents/manage_agents.ts";
import { createApi, ok, REMOVED, requires, TextId } from "./api.ts";
import { listQuery, pageOf } from "./list_query.ts";
import { pick } from "./sparse_fields.ts";

const Agent = z.object({
  id: z.string(),
  siteId: z.string(),
  hostname: z.string(),
  version: z.string(),
  enrolledAt: z.string(),
  revokedAt: z.string().nullable(),
  lastFactsAt: z.string().nullable(),
  lastSeenAt: z.string().openapi({
    description: "Its last sign of life: a poll (to some minutes), facts, a renewed credential",
  }),
});

const listRoute = createRoute({
  method: "get",
  path: "/agents",
  tags: ["agents"],
  summary: "Agents that have joined, revoked ones too",
  ...requires("viewer"),
  request: {
    query: z.strictObject({
      siteId: TextId.optional(),
      ...listQuery({ item: Agent, sorts: AGENT_SORTS }),
    }),
  },
  responses: ok(pageOf("agents", Agent), "A page of agents"),
});

const revokeRoute = createRoute({
  method: "delete",
  path: "/agents/{agentId}",
  tags: ["agents"],
  summary: "Shut an agent out for good",
  ...requires("admin"),
  request: { params: z.object({ agentId: TextId }) },
  responses: REMOVED,
});

export function agentRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { fields, ...request } = c.req.valid("query");
      const { rows, nextCursor } = await listAgents(ctx, c.get("caller"), request);
      return c.json({ agents: rows.map((row) => pick(viewAgent(row), fields)), nextCursor }, 200);
    })
    .openapi(revokeRoute, async (c) => {
      await revokeAgent(ctx, c.get("caller"), c.req.valid("param").agentId);
      return c.body(null, 204);
    });
}

function viewAgent(agent: AgentView) {
  return {
    ...agent,
    enrolledAt: agent.enrolledAt.toISOString(),
    revokedAt: agent.revokedAt?.toISOString() ?? null,
    lastFactsAt: agent.lastFactsAt?.toISOString() ?? null,
    lastSeenAt: agent.lastSeenAt.toISOString(),
  };
}
