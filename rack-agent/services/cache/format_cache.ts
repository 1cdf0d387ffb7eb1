import type { CachedFile } from "./cache_commands.ts";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

const ORIGINS = { upstream: "(from its publisher)", both: "(partly from its publisher)" };

/** The cache for people, as `rackwright-agent cache list` prints it. */
export function formatCache(files: readonly CachedFile[]): string {
  if (files.length === 0) return "the cache is empty";
  const lines = files.map((file) =>
    [
      file.sha256.slice(0, 12),
      formatBytes(file.bytes).padStart(9),
      file.usedAt.slice(0, 16).replace("T", " "),
      [
        file.name ?? "not in the site's state",
        ...(file.isPart ? ["(not whole yet)"] : []),
        ...(file.origin === "region" ? [] : [ORIGINS[file.origin]]),
        ...(file.isNeeded ? ["(needed)"] : []),
        ...(file.isPinned ? ["(pinned)"] : []),
      ].join(" "),
    ].join("  ")
  );
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...lines, `${files.length} files, ${formatBytes(total)}`].join("\n");
}

/** In the greatest unit that leaves a number before the point. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
