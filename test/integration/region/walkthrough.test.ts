import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { INVENTORY } from "./rack_fixture.ts";
import { joinSite, readDocument, type TestAgent } from "../sync/test_agent.ts";
import type { RegionUnderTest } from "../sync/region_under_test.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
/** A region starts, a database is made, machines are waited for, on a host that may be busy. */
const WALK_MS = 180_000;

let folder: string;
beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "rackwright-walk-" });
  await Deno.chmod(folder, 0o755); // the database server has an account of its own
});
afterAll(() => Deno.remove(folder, { recursive: true }));

test("the walk-through works as it stands, with the rack's agent played by code", async () => {
  const images = serveImages();
  const traces = receiveTraces();
  const region = `127.0.0.1:${freePort()}`;
  const text = await Deno.readTextFile(`${ROOT}region/WALKTHROUGH.md`);
  const script = commandsOf(text)
    .replaceAll("127.0.0.1:5240", region)
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${images.addr.port}`)
    .replaceAll("$PWD/.rackwright/try", folder);
  const shell = new Deno.Command("bash", {
    args: ["-euo", "pipefail", "-c", script],
    cwd: ROOT,
    env: {
      DATABASE_URL: "",
      RACKWRIGHT_LISTEN: region,
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${traces.server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "200",
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(shell.stderr).text();
  let output = "";
  let playing: Promise<void> | undefined;
  const ended = new AbortController();
  for await (const piece of shell.stdout.pipeThrough(new TextDecoderStream())) {
    output += piece;
    const [, token] = /--token (\S+)\s/.exec(output) ?? [];
    if (token) playing ??= playAgent(`http://${region}`, token, ended.signal);
  }
  const { code } = await shell.status;
  ended.abort();
  await playing?.catch((error) => output += `\nagent: ${error}`);
  const log = await Deno.readTextFile(`${folder}/region.log`).catch(() => "");
  expect(code, `${output}\n${await stderr}\n${log}`).toBe(0);
  expect(output).toMatch(/"kind": "deploy",\n {2}"state": "running"/);
  expect(output).toMatch(/"status": "Deploying"/);
  expect(output).toMatch(/^data: \{.*"machine":"/m);
  // Deno adds remarks of its own.
  const lines = log.trim().split("\n").filter((line) => !line.startsWith("Deno.serve"));
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("event");
  expect(log).toMatch(/"event":"request.answered","requestId":"[0-9a-f]{16}"/);
  expect(traces.spanNames()).toContain("POST");
  await images.shutdown();
  await traces.server.shutdown();
}, WALK_MS);

/** What stands in ```sh blocks, in order. */
function commandsOf(text: string): string {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join("\n");
}

/** Joins, and commissions the first machine that it is asked to. */
async function playAgent(url: string, token: string, ended: AbortSignal): Promise<void> {
  // The agent needs no more of a region than where it is and what time it is there.
  const region = {
    ctx: { publicUrl: url, now: () => new Date() },
    app: { request: (input: string, init: RequestInit) => fetch(input, init) },
    makeToken: () => Promise.resolve(token),
  } as unknown as RegionUnderTest;
  const agent = await joinSite(region, "its own");
  while (!ended.aborted) {
    const found = (await operationsOf(agent)).find(({ kind }) => kind === "commission");
    if (found) {
      const about = { systemId: found.systemId, operationId: found.id };
      await agent.report(
        { ...about, kind: "operation.started", operationKind: "commission" },
        { ...about, kind: "commission.reported", ok: true, inventory: INVENTORY },
        { ...about, kind: "operation.ended", outcome: "done" },
      );
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function operationsOf(agent: TestAgent) {
  const response = await agent.request("GET", `/sites/${agent.enrolled.site.id}/state`);
  const text = await response.text();
  return response.status === 200 ? readDocument(text).operations : []; // not published yet
}

/** A SimpleStreams tree with one system and one boot program. */
function serveImages(): Deno.HttpServer<Deno.NetAddr> {
  const files = new Map<string, string>();
  const item = (ftype: string, path: string) => {
    files.set(path, `content of ${path}`);
    const sha256 = createHash("sha256").update(`content of ${path}`).digest("hex");
    return { ftype, path, sha256, size: `content of ${path}`.length };
  };
  const system = Object.fromEntries(
    ["boot-kernel", "boot-initrd", "squashfs"].map((each) => [each, item(each, `d/${each}`)]),
  );
  const products = {
    "walk:debian:12:amd64": {
      ...{ arch: "amd64", os: "debian", release: "bookworm", release_title: "Debian 12" },
      versions: { "20260101": { items: system } },
    },
    "walk:ipxe": {
      ...{ arch: "amd64", os: "ipxe", "bootloader-type": "ipxe" },
      versions: { "1": { items: { a: item("bootloader", "ipxe/undionly.kpxe") } } },
    },
  };
  const index = {
    walk: { format: "products:1.0", datatype: "image-downloads", path: "streams/v1/p.json" },
  };
  files.set("streams/v1/index.json", JSON.stringify({ format: "index:1.0", index }));
  files.set("streams/v1/p.json", JSON.stringify({ format: "products:1.0", products }));
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const file = files.get(new URL(request.url).pathname.replace("/images/", ""));
    return file === undefined ? new Response("no", { status: 404 }) : new Response(file);
  });
}

/** An OpenTelemetry collector as far as traces go: OTLP/HTTP with JSON. */
function receiveTraces() {
  const names: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    if (new URL(request.url).pathname !== "/v1/traces") return Response.json({});
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const { spans } of scopeSpans) for (const { name } of spans) names.push(name);
    }
    return Response.json({});
  });
  return { server, spanNames: () => names };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
