import type { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { ContentFile, SiteState, StateOperation } from "@/shared/contract/site_state.ts";
import type { ContentSource } from "./file_server/file_service.ts";
import type { SiteStore } from "./site_store.ts";

/** Every file that the state document names, what a running operation needs first. */
export function contentOf(state: SiteState | undefined): ContentFile[] {
  if (!state) return [];
  const urgent = new Set(state.operations.map(({ imageId }) => imageId));
  urgent.add(state.enlistImageId);
  const images = state.images.toSorted((a, b) =>
    Number(urgent.has(b.id)) - Number(urgent.has(a.id))
  );
  return [
    ...state.bootFiles.map(({ file }) => file),
    ...state.operations.flatMap(ownContent),
    ...images.flatMap(({ kernel, initrd, squashfs }) => [kernel, initrd, squashfs]),
  ];
}

/** What has to stay in the cache: what machines boot with, and what operations under way need. */
export function neededContent(state: SiteState): ContentFile[] {
  const imageIds = new Set([
    state.enlistImageId,
    ...state.operations.map(({ imageId }) => imageId),
  ]);
  const images = state.images.filter(({ id }) => imageIds.has(id));
  return [
    ...state.bootFiles.map(({ file }) => file),
    ...state.operations.flatMap(ownContent),
    ...images.flatMap(({ kernel, initrd, squashfs }) => [kernel, initrd, squashfs]),
  ];
}

/** What the state calls its files, by hash. */
export function nameContent(state: SiteState): Map<string, string> {
  const names = state.images.flatMap((image) =>
    (["kernel", "initrd", "squashfs"] as const).map((role): [string, string] => [
      image[role].sha256,
      `${image.title} (${image.id}) ${role}`,
    ])
  );
  const boot = state.bootFiles.map(({ name, file }): [string, string] => [file.sha256, name]);
  const own = state.operations.flatMap((operation) => [
    ...(operation.scripts ?? []).map(({ name, file }): [string, string] => [file.sha256, name]),
    ...(operation.installFile
      ? [[operation.installFile.sha256, `image of ${operation.id}`] as [string, string]]
      : []),
  ]);
  return new Map([...own, ...boot, ...names]);
}

/** What an operation brings besides the image it boots. */
function ownContent({ scripts = [], installFile }: StateOperation): ContentFile[] {
  return [...scripts.map(({ file }) => file), ...(installFile ? [installFile] : [])];
}

/**
 * Fetches what machines will ask for before they do, as far as the cache has room; whoever asks
 * meanwhile waits for the same.
 */
export async function prefetch(cache: ContentCache, state: SiteState, log: Log): Promise<void> {
  const needed = new Set(neededContent(state).map(({ sha256 }) => sha256));
  cache.pin(needed);
  const ahead = { ...state, images: state.images.filter(({ prefetch }) => prefetch !== false) };
  for (const file of [...neededContent(state), ...contentOf(ahead)]) {
    if (!needed.has(file.sha256) && !await cache.hasRoomFor(file)) continue;
    cache.ensure(file).catch((error) =>
      log("content.fetch_failed", { sha256: file.sha256, reason: errorText(error) })
    );
  }
}

/** The site's content, by hash, for the file server. */
export function contentSource(store: SiteStore, cache: ContentCache, log: Log): ContentSource {
  return {
    watch(sha256, tell) {
      const file = contentOf(store.state).find((one) => one.sha256 === sha256);
      if (!file) return tell({ kind: "missing" });
      cache.watch(file, tell).catch((error) => {
        log("content.unreadable", { sha256, reason: errorText(error) });
        tell({ kind: "unavailable" });
      });
    },
  };
}
