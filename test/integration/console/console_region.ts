import { type RegionProcess, startRegionProcess } from "@/test/bench/region_process.ts";

export const PASSWORD = "correct horse battery";

/** The real region with its console, and one user of each role, named after it. */
export interface ConsoleRegion extends RegionProcess {
  /** `POST /api/v1/sites` and the like, as the first admin. */
  // deno-lint-ignore no-explicit-any -- tests read what they expect to be there
  call(route: string, body?: unknown): Promise<any>;
}

export async function startConsoleRegion(): Promise<ConsoleRegion> {
  const region = await startRegionProcess();
  const call = async (route: string, body?: unknown) => {
    const [method, path] = route.split(" ");
    const response = await fetch(`${region.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${region.apiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  for (const role of ["viewer", "operator", "admin"]) {
    await call("POST /users", { username: `the-${role}`, password: PASSWORD, role });
  }
  return { ...region, call };
}

/** Takes in all images of a tree that is not signed; returns the newest system's id. */
export async function importImages(region: ConsoleRegion, url: string): Promise<string> {
  const source = await region.call("POST /boot-sources", { name: "test", url, keyring: null });
  const { id } = await region.call(`POST /boot-sources/${source.id}/sync`);
  for (;;) {
    const sync = await region.call(`GET /image-syncs/${id}`);
    if (sync.state === "done") break;
    if (sync.state !== "running") throw new Error(JSON.stringify(sync));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return (await region.call("GET /images?kind=os")).images[0].id;
}
