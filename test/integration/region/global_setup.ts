import type { TestProject } from "vitest/node";
import { serveTestDatabases } from "@/region/db/test_server.ts";

/** Runs in vitest's parent process, once per run; the server starts when a test first asks. */
export default function setup(project: TestProject): () => Promise<void> {
  const server = serveTestDatabases();
  project.provide("testDatabasesUrl", server.url);
  return () => server.stop();
}
