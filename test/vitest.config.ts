import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

/** `@/` is the repository root here too; vite does not read the import map of deno.json. */
export default defineConfig({
  root,
  resolve: { alias: [{ find: /^@\//, replacement: root }] },
  test: {
    // The first test that asks for a database waits for initdb, on a host that may be busy.
    hookTimeout: 60_000,
    testTimeout: 20_000,
    globalSetup: ["test/integration/region/global_setup.ts"],
    include: ["**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/.rackwright/**"],
  },
});
