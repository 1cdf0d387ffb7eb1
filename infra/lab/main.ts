import { type JourneyResult, travel } from "./journey.ts";
import { labFolders } from "./folders.ts";
import { type LabOptions, parseOptions, USAGE, UsageError } from "./options.ts";
import { HostError } from "./packages.ts";
import { createScreen, type Screen, watchRack } from "./progress.ts";
import { agentLog, regionLog } from "./programs.ts";
import { type Rack, startRack } from "./rack.ts";
import { accessLines, failureLines, jsonLine, logTails } from "./report.ts";
import { formatElapsed } from "./stages.ts";

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Standard output is for the JSON line (and the help that was asked for) alone. */
function writeError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += Deno.stderr.writeSync(bytes.subarray(sent));
}

async function main(args: readonly string[]): Promise<number> {
  let options: LabOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeError(`${error.message}\n`);
    return EXIT.usage;
  }
  if (options.help) {
    console.log(USAGE);
    return EXIT.ok;
  }
  const columns = Deno.stderr.isTerminal() ? Deno.consoleSize().columns : undefined;
  const lab = new Lab(options, createScreen(writeError, columns));
  return await lab.run();
}

/** One run: holds what must be released when it ends, whichever way. */
class Lab {
  readonly #options: LabOptions;
  readonly #screen: Screen;
  readonly #startMs = performance.now();
  readonly #interrupt = new AbortController();
  #rack: Rack | undefined;
  #results: readonly JourneyResult[] = [];

  constructor(options: LabOptions, screen: Screen) {
    this.#options = options;
    this.#screen = screen;
  }

  async run(): Promise<number> {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(name, () => this.#stop());
    }
    try {
      return await this.#travel();
    } catch (error) {
      return await this.#explain(error);
    } finally {
      await this.#rack?.close();
    }
  }

  #stop(): void {
    if (!this.#interrupt.signal.aborted) this.#log("stopping");
    this.#interrupt.abort();
  }

  #log(line: string): void {
    this.#screen.print(`${formatElapsed(performance.now() - this.#startMs).padStart(6)}  ${line}`);
  }

  async #travel(): Promise<number> {
    const { until, keep, storage } = this.#options;
    const { signal } = this.#interrupt;
    const log = (line: string) => this.#log(line);
    const rack = this.#rack = await startRack({ ...this.#options, log, signal });
    const staysUp = until === undefined || keep;
    if (staysUp) { for (const line of accessLines(rack)) this.#screen.print(`  ${line}`); }
    const endWatch = watchRack(rack, this.#screen);
    const target = until ?? "deployed";
    try {
      this.#results = await Promise.all(
        rack.machines.map((machine) => travel(rack, machine, { until: target, storage, signal })),
      );
      const ok = this.#results.every((result) => !result.failure);
      if (ok) this.#log(`every machine is ${target}`);
      else for (const line of await failureLines(rack, this.#results)) this.#screen.print(line);
      this.#printJson();
      if (staysUp) await this.#stayUp();
      return ok ? EXIT.ok : EXIT.failed;
    } finally {
      endWatch();
    }
  }

  async #stayUp(): Promise<void> {
    this.#log("the lab stays up; Ctrl-C ends it");
    const { signal } = this.#interrupt;
    // The timer keeps the process alive; without one, a pending promise would end it.
    const alive = setInterval(() => {}, 60_000);
    if (!signal.aborted) {
      await new Promise((wake) => signal.addEventListener("abort", wake, { once: true }));
    }
    clearInterval(alive);
  }

  async #explain(error: unknown): Promise<number> {
    const isInterrupted = this.#interrupt.signal.aborted;
    const message = error instanceof Error ? error.message : String(error);
    if (!isInterrupted) {
      this.#screen.print(error instanceof HostError ? message : `the lab failed: ${message}`);
      if (!(error instanceof HostError)) await this.#printLogs();
    }
    const code = isInterrupted ? "lab.interrupted" : "lab.failed";
    this.#printJson({ code, message: isInterrupted ? "it was told to stop" : message });
    return isInterrupted ? EXIT.interrupted : EXIT.failed;
  }

  async #printLogs(): Promise<void> {
    const folders = labFolders(this.#options.name);
    const paths = { region: regionLog(folders), agent: agentLog(folders) };
    for (const line of await logTails(paths)) this.#screen.print(line);
  }

  #printJson(failure?: { code: string; message: string }): void {
    if (!this.#options.json) return;
    console.log(jsonLine(this.#results, performance.now() - this.#startMs, failure));
  }
}

Deno.exit(await main(Deno.args));
