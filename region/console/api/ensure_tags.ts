import { api, ApiError } from "./client.ts";

/** Makes those tags that there are none of yet: whoever writes a new one means to have it. */
export async function ensureTags(names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const { tags } = await api.get("/tags", { query: { limit: 200 } });
  const known = new Set(tags.map(({ name }) => name));
  for (const name of names) {
    if (!known.has(name)) await api.post("/tags", { json: { name } }).catch(ignoreTaken);
  }
}

/** It was there on a further page, or somebody was quicker. */
function ignoreTaken(error: unknown): void {
  if (!(error instanceof ApiError && error.problem.code === "tag.name_taken")) throw error;
}
