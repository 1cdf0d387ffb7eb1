import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import { socketTable } from "@/rack-agent/runtime/port_owner.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { formatBoots } from "./boot_log.ts";
import { formatStatus } from "./format_status.ts";
import { formatMetrics, type Metric, metricsOf } from "./metrics.ts";
import type { AgentStatus } from "./status_service.ts";

/** Ports whose receive queues are watched: what overflows there is lost without a word. */
const WATCHED_UDP_PORTS = [67, 69, 4011];

interface StatusPageDeps {
  readonly port: number;
  readonly status: () => AgentStatus;
  readonly log: Log;
}

/** A page and `/metrics` for whoever is on this host: it listens on loopback alone. */
export class StatusPage implements Service {
  readonly name = "status page";
  readonly #deps: StatusPageDeps;
  #server: Deno.HttpServer | undefined;

  constructor(deps: StatusPageDeps) {
    this.#deps = deps;
  }

  /** Without the port there is no page, and machines boot all the same. */
  start(): Promise<void> {
    const { port, log } = this.#deps;
    try {
      this.#server = Deno.serve({
        hostname: "127.0.0.1",
        port,
        onListen: () => {},
        handler: (request) => this.#answer(request),
      });
    } catch (error) {
      log("status_page.unavailable", { port, reason: errorText(error) });
    }
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    // A page elsewhere must not read this one by a name that it points here.
    if (!["127.0.0.1", "localhost"].includes(url.hostname)) {
      return plain(403, "not for this name\n");
    }
    if (request.method !== "GET") return plain(405, "only GET\n");
    try {
      const status = this.#deps.status();
      if (url.pathname === "/metrics") return plain(200, formatMetrics(await allMetrics(status)));
      if (url.pathname === "/status.json") return Response.json(status);
      if (url.pathname === "/") return page(status);
      return plain(404, "there is /, /metrics and /status.json\n");
    } catch (error) {
      this.#deps.log("status_page.failed", { reason: errorText(error) });
      return plain(500, "this failed; see the agent's log\n");
    }
  }
}

async function allMetrics(status: AgentStatus): Promise<Metric[]> {
  const gauge = (name: string, help: string, value: number): Metric => ({
    name: `rackwright_${name}`,
    help,
    type: "gauge",
    samples: [{ value }],
  });
  const sockets = await socketTable("udp");
  const drops = WATCHED_UDP_PORTS.map((port) => ({
    labels: { port: String(port) },
    value: sockets.filter((one) => one.port === port).reduce((sum, one) => sum + one.drops, 0),
  }));
  return [
    gauge("region_reachable", "1 while the region answers", status.region.unreachableSince ? 0 : 1),
    gauge("facts_waiting", "Facts not yet taken by the region", status.region.factsWaiting),
    gauge("state_generation", "Generation of the state in force", status.generation ?? 0),
    gauge("leases", "Addresses in use", status.leases),
    gauge("operations", "Operations under way", status.operations.length),
    ...powerMetrics(status),
    gauge("resident_bytes", "Memory of the agent", Deno.memoryUsage().rss),
    {
      name: "rackwright_udp_receive_drops_total",
      help: "Packets the kernel threw away because they were not taken in time",
      type: "counter",
      samples: drops,
    },
    ...Object.entries(status.counters).flatMap(([service, counters]) =>
      typeof counters === "object" && counters !== null
        ? metricsOf(`rackwright_${service}`, counters as Record<string, unknown>) // a plain object
        : []
    ),
  ];
}

function powerMetrics({ power }: AgentStatus): Metric[] {
  if (!power) return [];
  const { on, off, unknown, oldestSeconds } = power;
  return [
    {
      name: "rackwright_machines_power",
      help: "Machines by what their BMC says",
      type: "gauge",
      samples: Object.entries({ on, off, unknown }).map(([state, value]) => ({
        labels: { state },
        value,
      })),
    },
    {
      name: "rackwright_power_oldest_seconds",
      help: "Age of the power state that was seen longest ago",
      type: "gauge",
      samples: oldestSeconds === undefined ? [] : [{ value: oldestSeconds }],
    },
  ];
}

function page(status: AgentStatus): Response {
  const text = escaped(`${formatStatus(status)}\n\n${formatBoots(status.boots)}`);
  return new Response(
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="5">` +
      `<title>Rackwright agent</title><pre>${text}</pre>`,
    {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'",
      },
    },
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
