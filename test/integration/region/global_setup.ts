import type { TestProject } from "vitest/node";
import { serveTestDatabases } from "@/region/db/test_server.ts";
import { serveTestBundle } from "@/test/homes/test_bundle.ts";

/** Runs in vitest's parent process, once per run; each part starts when a test first asks. */
export default function setup(project: TestProject): () => Promise<void> {
  const server = serveTestDatabases();
  const bundle = serveTestBundle();
  project.provide("testDatabasesUrl", server.url);
  project.provide("testBundleUrl", bundle.url);
  return async () => {
    await bundle.stop();
    await server.stop();
  };
}
