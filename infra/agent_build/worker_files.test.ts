import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withBuiltWorkers, workerFiles } from "./worker_files.ts";

const AGENT = fileURLToPath(new URL("../../rack-agent", import.meta.url));

test("every Worker of the agent is found", async () => {
  const names = (await workerFiles(AGENT)).map((path) => path.slice(AGENT.length + 1));
  expect(names).toContain("services/tftp/tftp_worker.ts");
  expect(names).toContain("services/file_server/file_worker.ts");
  const all: string[] = [];
  for await (const path of filesBelow(`${AGENT}/services`)) {
    if (path.endsWith("_worker.ts")) all.push(path);
  }
  expect(names).toEqual(all.map((path) => path.slice(AGENT.length + 1)).sort());
});

test("a bundle opens the bundled Worker", () => {
  const source = `new Worker(new URL("./tftp_worker.ts", import.meta.url), { type: "module" })`;
  expect(withBuiltWorkers(source))
    .toBe(`new Worker(new URL("./tftp_worker.js", import.meta.url), { type: "module" })`);
});

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}
