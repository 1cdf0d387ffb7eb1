import { createHash } from "node:crypto";
import { readOrigins } from "@/rack-agent/runtime/cache_origins.ts";
import { readPins, writePins } from "@/rack-agent/runtime/cache_pins.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { ContentOrigin } from "@/shared/contract/facts.ts";
import type { SiteState } from "@/shared/contract/site_state.ts";
import { nameContent, neededContent } from "../site_content.ts";

/** A file of the cache as a person sees it. */
export interface CachedFile {
  readonly sha256: string;
  readonly bytes: number;
  /** ISO 8601, to about a minute. */
  readonly usedAt: string;
  /** Not whole yet: what has come of it. */
  readonly isPart: boolean;
  /** By a person. */
  readonly isPinned: boolean;
  /** Machines boot with it, or an operation under way uses it: it is not evicted. */
  readonly isNeeded: boolean;
  /** Where its bytes came from: the region, the image's publisher, or one after the other. */
  readonly origin: ContentOrigin;
  /** What the site's state calls it, such as `Ubuntu 24.04 (i-7f3k2m) squashfs`; absent: nothing. */
  readonly name?: string;
}

const READ_BYTES = 1024 ** 2;

/** What there is, what was asked for last first. */
export async function listCache(
  folder: string,
  state: SiteState | undefined,
): Promise<CachedFile[]> {
  const pins = await readPins(folder);
  const origins = await readOrigins(folder);
  const needed = new Set(state ? neededContent(state).map(({ sha256 }) => sha256) : []);
  const names = state ? nameContent(state) : new Map<string, string>();
  const files: CachedFile[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const [, sha256, part] = /^([0-9a-f]{64})(\.part)?$/.exec(name) ?? [];
    if (sha256 === undefined) continue;
    const { size, mtime } = await Deno.stat(`${folder}/${name}`);
    const known = names.get(sha256);
    files.push({
      sha256,
      bytes: size,
      usedAt: (mtime ?? new Date(0)).toISOString(),
      isPart: part !== undefined,
      isPinned: pins.has(sha256),
      isNeeded: needed.has(sha256),
      origin: origins.get(sha256) ?? "region",
      ...(known === undefined ? {} : { name: known }),
    });
  }
  return files.sort((a, b) => (a.usedAt > b.usedAt ? -1 : 1));
}

/** Reads every whole file; those that are not what they are called are removed, and told of. */
export async function verifyCache(folder: string): Promise<{ good: number; removed: string[] }> {
  const whole = (await listCache(folder, undefined)).filter(({ isPart }) => !isPart);
  const removed: string[] = [];
  for (const { sha256 } of whole) {
    if (await hashOf(`${folder}/${sha256}`) === sha256) continue;
    await Deno.remove(`${folder}/${sha256}`);
    removed.push(sha256);
  }
  return { good: whole.length - removed.length, removed };
}

/**
 * Removes files by the beginnings of their hashes, or all that are neither pinned nor needed.
 *
 * Throws `cache.pinned` for a pinned one, `cache.needed` for one that machines need now.
 */
export async function evictFromCache(
  folder: string,
  state: SiteState | undefined,
  which: readonly string[] | "all",
): Promise<CachedFile[]> {
  const all = await listCache(folder, state);
  const chosen = which === "all"
    ? all.filter(({ isPinned, isNeeded }) => !isPinned && !isNeeded)
    : which.map((beginning) => findOne(all, beginning));
  for (const { sha256, isPinned, isNeeded, name } of chosen) {
    const what = name ?? sha256;
    if (isPinned) throw refuse("cache.pinned", `${what} is pinned; unpin it first`);
    if (isNeeded) {
      throw refuse("cache.needed", `${what} is what machines boot or are installed with`);
    }
  }
  for (const { sha256, isPart } of chosen) {
    await Deno.remove(`${folder}/${sha256}${isPart ? ".part" : ""}`);
  }
  return chosen;
}

/** Pins files, or lets go of them, by the beginnings of their hashes. */
export async function pinInCache(
  folder: string,
  beginnings: readonly string[],
  isPinned: boolean,
): Promise<void> {
  const all = await listCache(folder, undefined);
  const pins = await readPins(folder);
  for (const beginning of beginnings) {
    const { sha256 } = findOne(all, beginning);
    if (isPinned) pins.add(sha256);
    else pins.delete(sha256);
  }
  await writePins(folder, pins);
}

function findOne(all: readonly CachedFile[], beginning: string): CachedFile {
  const found = all.filter(({ sha256 }) => sha256.startsWith(beginning));
  const [one] = found;
  if (one && found.length === 1) return one;
  throw refuse(
    "cache.no_such_file",
    found.length > 1
      ? `${found.length} files begin with ${beginning}; write more of the hash`
      : `no file in the cache begins with ${beginning}; see rackwright-agent cache list`,
  );
}

async function hashOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(READ_BYTES);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}

function refuse(code: string, message: string): DomainError {
  return new DomainError({ kind: "conflict", code, message });
}
