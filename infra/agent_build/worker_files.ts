/** How a Worker's file is named, in the sources and in a bundle of them. */
const WORKER = /new URL\(\s*"(\.{1,2}\/[\w./-]+_worker)\.ts"\s*,\s*import\.meta\.url\s*\)/g;

/** The files of all Workers that programs below a folder open, sorted. */
export async function workerFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await workerFiles(path));
    else if (/(?<!\.test)\.ts$/.test(name)) {
      const text = await Deno.readTextFile(path);
      for (const [, worker] of text.matchAll(WORKER)) {
        found.push(new URL(`${worker}.ts`, `file://${path}`).pathname);
      }
    }
  }
  return [...new Set(found)].sort();
}

/** A bundle that opens its Workers as the bundles that lie beside it. */
export function withBuiltWorkers(bundle: string): string {
  return bundle.replaceAll(WORKER, (_, worker: string) => {
    const name = worker.slice(worker.lastIndexOf("/") + 1);
    return `new URL("./${name}.js", import.meta.url)`;
  });
}
