import type { Log } from "@/rack-agent/runtime/log.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";

/** What `rackwright-agent status` shows. */
export interface AgentStatus {
  readonly version: string;
  readonly agentId: string;
  readonly site: { readonly id: string; readonly name: string };
  readonly region: {
    readonly url: string;
    /** ISO 8601; absent while the region can be reached. */
    readonly unreachableSince?: string;
    readonly factsWaiting: number;
  };
  /** Of the state document in force; absent before the first. */
  readonly generation?: number;
  /** Networks that are served, and those that cannot be, with the reason. */
  readonly networks: readonly { readonly cidr: string; readonly state: string }[];
  readonly leases: number;
  readonly operations: readonly {
    readonly id: string;
    readonly kind: string;
    readonly hostname: string;
    readonly phase: string;
  }[];
  readonly counters: Readonly<Record<string, unknown>>;
}

/** Answers status on a unix socket in the data folder: whoever may read the folder may ask. */
export class StatusService implements Service {
  readonly name = "status";
  #listener: Deno.Listener | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      readonly folder: string;
      readonly status: () => AgentStatus;
      readonly log: Log;
    },
  ) {}

  async start(): Promise<void> {
    const path = statusSocketPath(this.deps.folder);
    // One agent holds the folder's lock, so a socket that is still here has nobody behind it.
    await Deno.remove(path).catch(() => {});
    this.#listener = Deno.listen({ transport: "unix", path });
    this.#loop = this.#serve(this.#listener);
  }

  async stop(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    await this.#loop;
    await Deno.remove(statusSocketPath(this.deps.folder)).catch(() => {});
  }

  async #serve(listener: Deno.Listener): Promise<void> {
    for await (const connection of listener) {
      try {
        const bytes = new TextEncoder().encode(JSON.stringify(this.deps.status()));
        for (let done = 0; done < bytes.length;) {
          done += await connection.write(bytes.subarray(done));
        }
      } catch (error) {
        this.deps.log("status.failed", { reason: errorText(error) });
      } finally {
        connection.close();
      }
    }
  }
}

/** Asks a running agent; rejects with Deno's own error when none runs on this folder. */
export async function askStatus(folder: string): Promise<AgentStatus> {
  const connection = await Deno.connect({
    transport: "unix",
    path: statusSocketPath(folder),
  });
  const text = await new Response(connection.readable).text();
  return JSON.parse(text) as AgentStatus; // written by the agent of this same version
}

function statusSocketPath(folder: string): string {
  return `${folder}/status.sock`;
}
