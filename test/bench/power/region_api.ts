import type { RegionProcess } from "../region_process.ts";

const PATIENCE_MS = 60_000;

/** Asks the region's API as its first administrator; throws on anything but success. */
export async function ask(region: RegionProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${region.url}/api/v1/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { authorization: `Bearer ${region.apiKey}`, "content-type": "application/json" },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>; // our own API's
}

/** Looks until it is so; throws after a minute. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    if (performance.now() > endMs) throw new Error("what was waited for did not come");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
