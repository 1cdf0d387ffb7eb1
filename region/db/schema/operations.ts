import { boolean, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import type { Failure } from "@/shared/contract/failure.ts";
import type { BootPlan } from "@/shared/machine/boot_plan.ts";
import type { StateScript } from "@/shared/contract/site_state.ts";
import type { EraseWay, OperationKind } from "@/shared/machine/lifecycle.ts";
import { moment } from "./columns.ts";

export type OperationState = "running" | "done" | "failed" | "aborted";

/** One thing being done, or once done, to one machine; at most one per machine is `running`. */
export const operations = pgTable("operations", {
  /** `o-` and twelve characters. */
  id: text("id").primaryKey(),
  machineId: integer("machine_id").notNull(),
  siteId: text("site_id").notNull(),
  kind: text("kind").$type<OperationKind>().notNull(),
  state: text("state").$type<OperationState>().notNull(),
  /** Null: nothing had to happen at the site. */
  plan: jsonb("plan").$type<BootPlan>(),
  imageId: text("image_id"),
  /** deploy: what it is installed with, where that is not the image itself. */
  bootImageId: text("boot_image_id"),
  /** deploy: the install plan, a readable shell script. */
  installScript: text("install_script"),
  /** deploy, rescue: keys that may sign in to the system. */
  sshKeys: jsonb("ssh_keys").$type<string[]>(),
  /** deploy: the person's user-data as a compact JWE under the region's seal key. */
  sealedUserData: text("sealed_user_data"),
  /** erase: how. */
  erase: text("erase").$type<EraseWay>(),
  /** commission, test: what runs, in this order. */
  scripts: jsonb("scripts").$type<StateScript[]>(),
  requestedBy: integer("requested_by"),
  /** What the person said who asked for it. */
  comment: text("comment"),
  askedAt: moment("asked_at").notNull(),
  /** By the agent's clock. */
  startedAt: moment("started_at"),
  endedAt: moment("ended_at"),
  /** Null for a plan that is null. */
  deadlineAt: moment("deadline_at"),
  /** The phase of the plan that it is in, or ended in, as the facts say; null for a plan that is null. */
  phase: text("phase"),
  /** By the agent's clock, but for the first phase: that begins with the request. */
  phaseStartedAt: moment("phase_started_at"),
  failure: jsonb("failure").$type<Failure>(),
  /** At a site with several agents, the one that carries it out; null: the site has but one. */
  holderAgentId: text("holder_agent_id"),
  holderSince: moment("holder_since"),
  /** Another agent had it before. */
  wasPassedOn: boolean("was_passed_on").notNull().default(false),
});

export type OperationRow = typeof operations.$inferSelect;
export type NewOperation = typeof operations.$inferInsert;
