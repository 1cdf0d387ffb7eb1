import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { prefetch } from "./site_content.ts";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const content = (text: string) => ({
  sha256: createHash("sha256").update(text).digest("hex"),
  bytes: text.length,
});
const image = (id: string, more: object = {}) => ({
  ...{ id, title: id, architecture: "amd64", ...more },
  kernel: content(`${id} kernel`),
  initrd: content(`${id} initrd`),
  squashfs: content(`${id} squashfs`),
});

test("what is not to be fetched ahead is fetched only when something needs it", async () => {
  const asked = new Set<string>();
  const cache = new ContentCache({
    folder,
    fetcher: ({ sha256 }) => {
      asked.add(sha256);
      return Promise.reject(new Error("no bytes today"));
    },
    onCached: () => {},
  });
  const state = (enlistImageId?: string) =>
    SiteState.parse({
      site: { id: "s-1", name: "One" },
      generation: 1,
      issuedAt: "2026-01-02T03:04:05Z",
      ...{ subnets: [], machines: [], operations: [], bootFiles: [], enlistImageId },
      images: [image("ahead"), image("later", { prefetch: false })],
    });
  const isAsked = (text: string) => asked.has(content(text).sha256);
  await prefetch(cache, state(), () => {});
  await expect.poll(() => isAsked("ahead squashfs")).toBe(true);
  expect(isAsked("later squashfs")).toBe(false);
  await prefetch(cache, state("later"), () => {});
  await expect.poll(() => isAsked("later squashfs")).toBe(true);
});
