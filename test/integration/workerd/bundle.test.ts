import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { bundleWorker } from "@/infra/cloudflare/bundle_worker.ts";
import { COMPATIBILITY } from "@/infra/cloudflare/compatibility.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What the Worker weighs now, and a little; a Worker may have 10 MB, gzipped. */
const SCRIPT_KIB_MAX = 1900;
const GZIP_KIB_MAX = 580;

test("the Worker stays small, and imports of the runtime only what it must", async () => {
  const { script, runtimeImports, modules } = await bundleWorker();
  const bytes = new TextEncoder().encode(script);
  expect(bytes.length / 1024).toBeLessThan(SCRIPT_KIB_MAX);
  expect(gzipSync(bytes).length / 1024).toBeLessThan(GZIP_KIB_MAX);
  expect(runtimeImports).toEqual(["node:async_hooks", "node:crypto"]);
  expect([...modules.keys()]).toEqual(["./simd.wasm", "./no-simd.wasm"]);
  // What only Deno has, and what a Worker may not do.
  expect(script).not.toMatch(/\bDeno\.[a-z]/);
  expect(script).not.toMatch(/\beval\(/);
});

test("the Worker that is tested is run as the one that is deployed", async () => {
  const text = await Deno.readTextFile(`${ROOT}infra/cloudflare/wrangler.jsonc`);
  const config = JSON.parse(text.replaceAll(/(^|\s)\/\/ .*$/gm, ""));
  expect(config.compatibility_date).toBe(COMPATIBILITY.compatibilityDate);
  expect(config.compatibility_flags).toEqual(COMPATIBILITY.compatibilityFlags);
  expect(config.triggers.crons).toEqual(["* * * * *"]);
  for (const { r2_buckets: buckets, vars } of [config, config.env.staging]) {
    expect(buckets.map(({ binding }: { binding: string }) => binding)).toEqual(["OBJECTS"]);
    expect(Object.keys(vars)).toEqual(["RACKWRIGHT_PUBLIC_URL"]);
  }
});

test("a dry run of the deploy makes everything and needs no account", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "infra/cloudflare/deploy/main.ts", "--env", "staging", "--dry-run"],
    cwd: ROOT,
    env: { CLOUDFLARE_API_TOKEN: "", DATABASE_URL: "" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  expect(code, text).toBe(0);
  expect(text).toContain("env.OBJECTS (rackwright-staging)");
  expect(text).toContain("secrets that it needs: DATABASE_URL, RACKWRIGHT_SECRETS");
  expect(text).not.toContain("WARNING");
}, 120_000);
