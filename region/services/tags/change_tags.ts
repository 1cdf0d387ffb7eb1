import type { RegionContext } from "@/region/context.ts";
import type { Db } from "@/region/db/client.ts";
import { bumpGeneration } from "@/region/db/queries/sites.ts";
import {
  deleteTag as deleteRow,
  findTag,
  insertTag,
  listSitesOfTag,
  type TagRow,
  updateTag as updateRow,
} from "@/region/db/queries/tags.ts";
import { parseTagExpression } from "@/region/domain/tag_expression/parse.ts";
import { recordChange } from "@/region/services/audit/record_change.ts";
import { expectVersion } from "@/region/services/expect_version.ts";
import { mustFind } from "@/region/services/not_found.ts";
import { publishSoon } from "@/region/services/publish_soon.ts";
import { type Refusals, refuseViolations } from "@/region/services/refuse_violations.ts";
import { ChangedMeanwhile, retryOnChange } from "@/region/services/retry_on_change.ts";
import { type Caller, requireRole } from "../identity/caller.ts";
import { evaluatePendingTags } from "./evaluate_tags.ts";
import { type TagView, viewTag } from "./read_tags.ts";

export interface NewTagInput {
  readonly name: string;
  /** Which machines it is for; null: those that people put it on. */
  readonly definition?: string | null;
  readonly comment?: string;
  readonly kernelOptions?: string;
}

/**
 * Makes a tag; one with a definition is soon on the machines it is for.
 *
 * Throws `invalid_input` for a definition that means nothing, `conflict` when the name is taken.
 */
export async function createTag(
  ctx: RegionContext,
  caller: Caller,
  input: NewTagInput,
): Promise<TagView> {
  requireRole(caller, "admin");
  const row = await refuseViolations(nameTaken(input.name), () =>
    ctx.db.transaction(async (tx) => {
      const pending = pendingOf(input);
      const made = await insertTag(tx, { ...input, ...pending, createdAt: ctx.now() });
      const about = { id: made.id, name: made.name, after: auditView(made) };
      await recordChange(ctx, tx, caller, { action: "tag.create", ...about });
      return made;
    }));
  await evaluatePendingTags(ctx);
  return await viewTag(ctx, await findTag(ctx.db, row.id) ?? row);
}

/** What a definition, if there is one, leads to. Throws `invalid_input`. */
function pendingOf({ definition }: { definition?: string | null }): { pendingAfterId?: number } {
  if (definition === undefined || definition === null) return {};
  parseTagExpression(definition);
  return { pendingAfterId: 0 };
}

/** Throws `invalid_input` for a bad definition, `not_found`, or `conflict` when the new name is taken. */
export async function updateTag(
  ctx: RegionContext,
  caller: Caller,
  input: Partial<NewTagInput> & { tagId: number; ifVersion?: number },
): Promise<TagView> {
  requireRole(caller, "admin");
  const { tagId, ifVersion, ...change } = input;
  const attempt = () =>
    ctx.db.transaction(async (tx) => {
      const read = mustFind(await findTag(tx, tagId), "tag", tagId);
      expectVersion(read, ifVersion);
      const isNewDefinition = change.definition !== undefined &&
        change.definition !== read.definition;
      const pending = isNewDefinition ? { pendingAfterId: null, ...pendingOf(change) } : {};
      const row = await updateRow(tx, read, { ...change, ...pending });
      if (!row) throw new ChangedMeanwhile();
      const about = { id: tagId, name: row.name, before: auditView(read), after: auditView(row) };
      await recordChange(ctx, tx, caller, { action: "tag.update", ...about });
      const isBootChanged = read.kernelOptions !== row.kernelOptions || read.name !== row.name;
      return { row, siteIds: isBootChanged ? await bumpSitesOf(tx, tagId) : [] };
    });
  const { row, siteIds } = await refuseViolations(
    nameTaken(input.name ?? ""),
    () => retryOnChange(`tag ${tagId}`, attempt),
  );
  await evaluatePendingTags(ctx);
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
  return await viewTag(ctx, await findTag(ctx.db, tagId) ?? row);
}

/** Takes a tag off all machines and forgets it. Throws `not_found`. */
export async function deleteTag(
  ctx: RegionContext,
  caller: Caller,
  input: { tagId: number; ifVersion?: number },
): Promise<void> {
  requireRole(caller, "admin");
  const { tagId } = input;
  const siteIds = await ctx.db.transaction(async (tx) => {
    const read = mustFind(await findTag(tx, tagId), "tag", tagId);
    expectVersion(read, input.ifVersion);
    const behind = read.kernelOptions === "" ? [] : await bumpSitesOf(tx, tagId);
    await deleteRow(tx, tagId);
    const about = { id: tagId, name: read.name, before: auditView(read) };
    await recordChange(ctx, tx, caller, { action: "tag.delete", ...about });
    return behind;
  });
  for (const siteId of siteIds) await publishSoon(ctx, siteId);
}

/** What its machines boot with is in their sites' documents. */
async function bumpSitesOf(tx: Db, tagId: number): Promise<string[]> {
  const siteIds = await listSitesOfTag(tx, tagId);
  for (const siteId of siteIds) await bumpGeneration(tx, siteId);
  return siteIds;
}

function auditView({ name, comment, definition, kernelOptions }: TagRow) {
  return { name, comment, definition, kernelOptions };
}

function nameTaken(name: string): Refusals {
  const message = `another tag is named ${name}`;
  return { tags_name: { code: "tag.name_taken", message, field: "name" } };
}
