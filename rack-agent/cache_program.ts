import type { CacheCommand } from "./config.ts";
import {
  evictFromCache,
  listCache,
  pinInCache,
  verifyCache,
} from "./services/cache/cache_commands.ts";
import { formatBytes, formatCache } from "./services/cache/format_cache.ts";
import { hasIdentity, readIdentity } from "./services/region_sync/identity.ts";
import { SiteStore } from "./services/site_store.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";

/** Does what `rackwright-agent cache` was asked for, and prints it. */
export async function runCacheCommand(
  { folder, action, which, json }: CacheCommand & { readonly folder: string },
): Promise<void> {
  const cache = `${folder}/cache`;
  const state = await stateOf(folder);
  const print = (value: unknown, text: string) => console.log(json ? JSON.stringify(value) : text);
  switch (action) {
    case "list": {
      const files = await listCache(cache, state);
      return print(files, formatCache(files));
    }
    case "verify": {
      const result = await verifyCache(cache);
      print(result, `${result.good} files are whole and true`);
      if (result.removed.length > 0) throw damaged(result.removed);
      return;
    }
    case "evict": {
      const gone = await evictFromCache(cache, state, which);
      const bytes = gone.reduce((sum, file) => sum + file.bytes, 0);
      return print(gone, `${gone.length} files removed, ${formatBytes(bytes)}`);
    }
    case "pin":
    case "unpin":
      if (which !== "all") await pinInCache(cache, which, action === "pin");
      return;
  }
}

/** The document in force, if this host has joined a site and has one. */
async function stateOf(folder: string): Promise<SiteState | undefined> {
  if (!await hasIdentity(folder)) {
    throw new DomainError({
      kind: "unavailable",
      code: "cache.no_agent",
      message: `there is no agent in ${folder}; name its folder with --data`,
    });
  }
  const identity = await readIdentity(folder);
  const store = new SiteStore(folder, () => identity);
  await store.load();
  return store.state;
}

function damaged(removed: readonly string[]): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "cache.damaged",
    message: `${removed.length} files were damaged and are removed: ${removed.join(", ")}`,
  });
}
