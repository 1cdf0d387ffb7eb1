import type { Log } from "@/rack-agent/runtime/log.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import type { PowerSummary } from "../power/power_summary.ts";
import type { BootRecord } from "./boot_log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";

/** What `rackwright-agent status` shows. */
export interface AgentStatus {
  readonly version: string;
  /** The agent's process. */
  readonly pid: number;
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
  /** What the BMCs say. */
  readonly power?: PowerSummary;
  /** The last boots, the latest first. */
  readonly boots: readonly BootRecord[];
  readonly counters: Readonly<Record<string, unknown>>;
}

/** What may be asked, one line of JSON. */
export type StatusQuestion =
  | { readonly ask: "status" }
  | { readonly ask: "leases" }
  /** The last DHCP decision about a machine. */
  | { readonly ask: "why"; readonly mac: string };

/** An address in use, as `rackwright-agent leases` shows it. */
export interface ShownLease {
  readonly ipv4: string;
  readonly mac: string;
  readonly hostname?: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** A question is one short line. */
const QUESTION_BYTES_MAX = 1_024;

/** Answers status on a unix socket in the data folder: whoever may read the folder may ask. */
export class StatusService implements Service {
  readonly name = "status";
  #listener: Deno.Listener | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      readonly folder: string;
      readonly status: () => AgentStatus;
      readonly leases: () => readonly ShownLease[];
      /** In a sentence; rejects for what is no MAC. */
      readonly why: (mac: string) => Promise<string>;
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
      // Each on its own: whoever connects and says nothing must not keep the others waiting.
      void this.#answer(connection);
    }
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    try {
      const answer = await this.#answerTo(await readQuestion(connection));
      const bytes = new TextEncoder().encode(JSON.stringify(answer));
      for (let done = 0; done < bytes.length;) {
        done += await connection.write(bytes.subarray(done));
      }
    } catch (error) {
      this.deps.log("status.failed", { reason: errorText(error) });
    } finally {
      connection.close();
    }
  }

  async #answerTo(question: StatusQuestion): Promise<unknown> {
    switch (question.ask) {
      case "status":
        return this.deps.status();
      case "leases":
        return this.deps.leases();
      case "why":
        return await this.deps.why(question.mac);
    }
  }
}

async function readQuestion(connection: Deno.Conn): Promise<StatusQuestion> {
  const bytes = new Uint8Array(QUESTION_BYTES_MAX);
  let size = 0;
  while (size < bytes.length) {
    const read = await connection.read(bytes.subarray(size));
    if (read === null) break;
    size += read;
    if (bytes[size - 1] === NEWLINE) break;
  }
  // Written by `ask` below, of this same version; anything else fails here or is not answered.
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, size))) as StatusQuestion;
}

const NEWLINE = 0x0a;

/** Asks a running agent; rejects with Deno's own error when none runs on this folder. */
export async function askStatus(folder: string): Promise<AgentStatus> {
  return await ask(folder, { ask: "status" }) as AgentStatus; // of the agent of this same version
}

/** Its leases; rejects as `askStatus` does. */
export async function askLeases(folder: string): Promise<ShownLease[]> {
  return await ask(folder, { ask: "leases" }) as ShownLease[]; // of the agent of this same version
}

/** The last DHCP decision about a machine, in a sentence; rejects as `askStatus` does. */
export async function askWhy(folder: string, mac: string): Promise<string> {
  return String(await ask(folder, { ask: "why", mac }));
}

async function ask(folder: string, question: StatusQuestion): Promise<unknown> {
  const connection = await Deno.connect({
    transport: "unix",
    path: statusSocketPath(folder),
  });
  await connection.write(new TextEncoder().encode(`${JSON.stringify(question)}\n`));
  return JSON.parse(await new Response(connection.readable).text());
}

function statusSocketPath(folder: string): string {
  return `${folder}/status.sock`;
}
