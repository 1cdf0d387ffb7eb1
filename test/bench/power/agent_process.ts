import type { RegionProcess } from "../region_process.ts";
import { ask } from "./region_api.ts";

/** A real agent from source, joined to a site. */
export interface AgentProcess {
  readonly folder: string;
  readonly statusUrl: string;
  /** Everything that it wrote to its log. */
  log(): string;
  stop(): Promise<void>;
}

const AGENT = new URL("../../../rack-agent/main.ts", import.meta.url).pathname;

/** Joins a site and serves it, on free ports; `stop` removes its folder. */
export async function startAgentProcess(
  region: RegionProcess,
  siteId: string,
): Promise<AgentProcess> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-agent-" });
  const { token } = await ask(region, "POST", `sites/${siteId}/join-tokens`, {});
  await start(["join", region.url, "--token", String(token), "--data", folder]).ended;
  const ports = { http: freePort(), files: freePort(), status: freePort() };
  const running = start([
    ...["run", "--data", folder, "--http-port", String(ports.http)],
    ...["--files-port", String(ports.files), "--status-port", String(ports.status)],
  ]);
  return {
    folder,
    statusUrl: `http://127.0.0.1:${ports.status}`,
    log: running.said,
    stop: async () => {
      running.stop();
      await running.ended;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function start(args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", AGENT, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) text += part;
  };
  const ended = Promise.all([listen(child.stdout), listen(child.stderr), child.status]);
  return { said: () => text, stop: () => child.kill("SIGTERM"), ended };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
