import { createHash } from "node:crypto";
import { z } from "zod";
import { Inventory } from "@/shared/contract/inventory.ts";
import type { NewFact } from "@/shared/contract/facts.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { endOfCloudInit, parseStatusEvent } from "@/rack-agent/protocol/metadata/status_event.ts";
import { readBody } from "@/rack-agent/runtime/read_body.ts";
import type { Journal } from "@/rack-agent/runtime/journal.ts";
import type { Log } from "@/rack-agent/runtime/log.ts";
import type { Outbox } from "@/rack-agent/runtime/outbox.ts";
import type { CredentialBook, CredentialEntry } from "./credential_book.ts";

const EVENT_BYTES_MAX = 1024 * 1024;
const SIGNAL_BYTES_MAX = 16 * 1024 * 1024;
/** The end of a log says why it ended; four bytes a character still fit what the region takes. */
const LOG_CHARS_MAX = 2 * 1024 * 1024;

/** Turns what machines report into facts. */
export class MachineReports {
  constructor(
    private readonly deps: {
      readonly journal: Journal;
      readonly credentials: CredentialBook;
      readonly outbox: Outbox;
      readonly log: Log;
      /** The address leased to a machine now. */
      readonly addressOf: (mac: string) => string | undefined;
      /** Seals a secret so that only the region and this site's agents can open it. */
      readonly seal: (secret: string) => Promise<string>;
    },
  ) {}

  /** An event of cloud-init's reporting webhook. */
  async statusEvent(request: Request, entry: CredentialEntry): Promise<Response> {
    const event = parseStatusEvent(parseJson(await readBody(request, EVENT_BYTES_MAX)));
    if (!event) throw malformed("a status event has a name and an event_type of start or finish");
    // Events below a stage ("init-network/config-ssh") are detail that nobody waits for.
    if (!event.stage.includes("/")) {
      this.#append(entry, {
        kind: "stage.reached",
        system: entry.purpose === "installed" ? "installed" : "ephemeral",
        stage: event.stage,
        event: event.event,
        result: event.result,
      });
    }
    const end = endOfCloudInit(event);
    if (end && entry.purpose === "installed") {
      const ok = end === "ok";
      const message = ok
        ? undefined
        : `cloud-init ended with ${event.result}: ${event.description}`;
      this.#append(entry, { kind: "system.reported", ok, message });
    }
    return new Response(null, { status: 204 });
  }

  /** A signal of the worker: a step, the inventory, or the end of its job. */
  async signal(request: Request, entry: CredentialEntry): Promise<Response> {
    const form = await readForm(request);
    const status = field(form, "status");
    if (field(form, "op") !== "signal") throw malformed("only op=signal is known here");
    switch (status) {
      case "WORKING":
        await this.#working(form, entry);
        break;
      case "OK":
      case "FAILED":
        await this.#end(form, entry, status === "OK");
        break;
      default:
        throw malformed(`status "${status.slice(0, 32)}" is not WORKING, OK or FAILED`);
    }
    return new Response("OK", { headers: { "content-type": "text/plain" } });
  }

  async #working(form: FormData, entry: CredentialEntry): Promise<void> {
    const message = field(form, "progress").slice(0, 200);
    if (message) return this.#append(entry, { kind: "work.progressed", message });
    if (form.has("script_event")) return await this.#script(form, entry);
    this.#step(form, entry);
  }

  async #script(form: FormData, entry: CredentialEntry): Promise<void> {
    const script = {
      number: wholeField(form, "script_number"),
      of: wholeField(form, "script_of"),
      name: field(form, "script_name").slice(0, 200),
    };
    if (field(form, "script_event") === "start") {
      return this.#append(entry, { kind: "script.started", ...script });
    }
    this.#append(entry, {
      kind: "script.ended",
      ...script,
      exitStatus: wholeField(form, "exit_status"),
      timedOut: field(form, "timed_out") === "true",
      durationMs: wholeField(form, "duration_ms"),
      stdoutSha256: await this.#keepOutput(form, "stdout"),
      stderrSha256: await this.#keepOutput(form, "stderr"),
    });
  }

  async #keepOutput(form: FormData, name: string): Promise<string | undefined> {
    const text = await fileText(form, name);
    return text ? await this.#keep(text) : undefined;
  }

  #step(form: FormData, entry: CredentialEntry): void {
    const name = field(form, "step_name").slice(0, 200);
    const number = wholeField(form, "step_number");
    const of = wholeField(form, "step_of");
    if (name === "") throw malformed("a step has step_name");
    const step = { number, of, name };
    this.#append(
      entry,
      field(form, "step_event") === "end"
        ? { kind: "step.ended", ...step, ok: true }
        : { kind: "step.started", ...step },
    );
  }

  async #end(form: FormData, entry: CredentialEntry, ok: boolean): Promise<void> {
    const message = ok ? undefined : field(form, "error").slice(0, 2000) || "no reason given";
    switch (entry.purpose) {
      case "enlist":
        return await this.#enlisted(form, entry);
      case "commission":
        return await this.#commissioned(form, entry, message);
      case "install": {
        const log = await fileText(form, "install.log");
        const logSha256 = log === undefined ? undefined : await this.#keep(log);
        return this.#append(entry, { kind: "install.reported", ok, message, logSha256 });
      }
      case "installed":
        return this.#append(entry, { kind: "system.reported", ok, message });
      case "test":
      case "erase":
      case "rescue":
        return this.#append(entry, { kind: `${entry.purpose}.reported`, ok, message });
    }
  }

  async #enlisted(form: FormData, entry: CredentialEntry): Promise<void> {
    const { mac } = entry;
    const ipv4 = this.deps.addressOf(mac) ?? "0.0.0.0";
    const inventory = parseInventory(await fileText(form, "inventory.json"));
    this.deps.journal.append({ kind: "machine.enlisted", mac, ipv4, inventory });
    await this.#bmc(form, entry);
    await this.deps.journal.flush();
    await this.deps.credentials.end(entry);
  }

  async #commissioned(
    form: FormData,
    entry: CredentialEntry,
    message: string | undefined,
  ): Promise<void> {
    const found = await fileText(form, "inventory.json");
    // A script may have failed after the inventory was collected: that is worth having all the same.
    const inventory = message === undefined || found !== undefined
      ? parseInventory(found)
      : undefined;
    await this.#bmc(form, entry);
    this.#append(entry, { kind: "commission.reported", ok: !message, message, inventory });
  }

  /** What the machine says of its own BMC; the password is sealed before it is written anywhere. */
  async #bmc(form: FormData, entry: CredentialEntry): Promise<void> {
    const text = await fileText(form, "bmc.json");
    if (text === undefined) return;
    const parsed = FoundBmc.safeParse(parseJson(text));
    if (!parsed.success) throw malformed("bmc.json: it has address, mac, username and password");
    const { address, mac: bmcMac, username, password, error } = parsed.data;
    if (username === undefined || password === undefined) {
      const message = error?.slice(0, 500) ?? "no reason given";
      return this.#append(entry, { kind: "bmc.not_usable", address, message });
    }
    const sealedPassword = await this.deps.seal(password);
    this.#append(entry, { kind: "bmc.found", address, bmcMac, username, sealedPassword });
  }

  /** Stores a log to be sent ahead of the fact that names it. */
  async #keep(log: string): Promise<string> {
    const bytes = new TextEncoder().encode(log.slice(-LOG_CHARS_MAX));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await this.deps.outbox.put(sha256, bytes);
    return sha256;
  }

  #append(entry: CredentialEntry, fact: NewFact): void {
    const { mac, systemId, operationId } = entry;
    this.deps.journal.append({ ...fact, mac, systemId, operationId });
  }
}

const FoundBmc = z.object({
  address: z.ipv4(),
  mac: z.string().max(32).optional(),
  username: z.string().min(1).max(16).optional(),
  password: z.string().min(1).max(20).optional(),
  error: z.string().optional(),
});

function parseInventory(text: string | undefined): Inventory {
  const parsed = Inventory.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(`inventory.json: ${issue?.path.join(".") || "body"}: ${issue?.message}`);
}

async function readForm(request: Request): Promise<FormData> {
  const body = await readBody(request, SIGNAL_BYTES_MAX);
  const type = request.headers.get("content-type") ?? "";
  try {
    return await new Response(body, { headers: { "content-type": type } }).formData();
  } catch {
    throw malformed("a signal is a form, urlencoded or multipart");
  }
}

function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

function wholeField(form: FormData, name: string): number {
  const value = Number(field(form, name) || NaN);
  if (Number.isSafeInteger(value)) return value;
  throw malformed(`${name} is a whole number`);
}

async function fileText(form: FormData, name: string): Promise<string | undefined> {
  const value = form.get(name);
  return value instanceof File ? await value.text() : undefined;
}

function parseJson(body: Uint8Array | string | undefined): unknown {
  const text = typeof body === "string" || body === undefined
    ? body ?? ""
    : new TextDecoder().decode(body);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(what: string): DomainError {
  return new DomainError({ kind: "invalid_input", code: "metadata.malformed", message: what });
}
