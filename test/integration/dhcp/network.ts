/** Why tests with network namespaces cannot run here; undefined when they can. */
export function whyNotHere(...programs: readonly string[]): string | undefined {
  if (Deno.build.os !== "linux") return "network namespaces need Linux";
  if (Deno.uid() !== 0) return "network namespaces need root";
  const missing = ["ip", ...programs].filter((program) => !isInstalled(program));
  return missing.length > 0 ? `not installed: ${missing.join(", ")}` : undefined;
}

function isInstalled(program: string): boolean {
  const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

const PREFIX = "rwdh";

/** Namespaces, the links between them and the programs in them, for one test; all of it goes. */
export class TestNetwork {
  readonly #namespaces: string[] = [];
  readonly #programs: TestProgram[] = [];

  /** Also removes what a run that was killed has left. */
  static async create(): Promise<TestNetwork> {
    const { stdout } = await run(["ip", "netns", "list"]);
    for (const [name, pid] of stdout.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\w+`, "gm"))) {
      if (!isAlive(Number(pid))) await run(["ip", "netns", "delete", name]);
    }
    return new TestNetwork();
  }

  async namespace(label: string): Promise<string> {
    const name = `${PREFIX}-${Deno.pid}-${label}`;
    await run(["ip", "netns", "add", name]);
    this.#namespaces.push(name);
    await this.exec(name, ["ip", "link", "set", "lo", "up"]);
    return name;
  }

  /** A cable; `address` is like `192.0.2.1/24`. */
  async link(a: LinkEnd, b: LinkEnd): Promise<void> {
    const veth = ["type", "veth", "peer", "name", b.device, "netns", b.namespace];
    await run(["ip", "link", "add", a.device, "netns", a.namespace, ...veth]);
    for (const { namespace, device, address, mac } of [a, b]) {
      const on = (...words: string[]) => this.exec(namespace, ["ip", ...words]);
      if (mac) await on("link", "set", device, "address", mac);
      if (address) await on("address", "add", address, "dev", device);
      await on("link", "set", device, "up");
    }
  }

  /** Runs a program to its end; rejects when it fails. */
  exec(namespace: string, command: readonly string[], cwd?: string): Promise<Output> {
    return run(["ip", "netns", "exec", namespace, ...command], cwd);
  }

  /** With `stdin` "piped" the program can be written to. */
  start(
    namespace: string,
    command: readonly string[],
    stdin: "null" | "piped" = "null",
  ): TestProgram {
    const program = new TestProgram(["ip", "netns", "exec", namespace, ...command], stdin);
    this.#programs.push(program);
    return program;
  }

  async remove(): Promise<void> {
    for (const program of this.#programs) await program.end("SIGKILL");
    for (const name of this.#namespaces.splice(0)) await run(["ip", "netns", "delete", name]);
  }
}

export interface LinkEnd {
  readonly namespace: string;
  readonly device: string;
  readonly address?: string;
  readonly mac?: string;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program that writes lines. `ip netns exec` becomes the program: one process id. */
export class TestProgram {
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  #arrived = Promise.withResolvers<void>();
  readonly #reading: Promise<void>;
  #hasEnded = false;

  constructor([program = "", ...args]: readonly string[], stdin: "null" | "piped" = "null") {
    const command = new Deno.Command(program, { args, stdin, stdout: "piped", stderr: "inherit" });
    this.#child = command.spawn();
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line that matches; those before it are gone. Rejects when the program ends first. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const at = this.#lines.findIndex((line) => pattern.test(line));
      if (at >= 0) return this.#lines.splice(0, at + 1).at(-1) ?? "";
      if (this.#hasEnded) throw new Error(`the program ended without a line like ${pattern}`);
      await this.#arrived.promise;
    }
  }

  /** Only when it was started with a piped standard input. */
  async write(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  /** Every line so far that was not taken yet. */
  takeLines(): string[] {
    return this.#lines.splice(0);
  }

  /** Ends it, and waits until its last line is here. Safe to call twice. */
  async end(signal: Deno.Signal): Promise<void> {
    try {
      this.#child.kill(signal);
    } catch {
      // it has ended by itself
    }
    await this.#child.status;
    await this.#reading;
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
      this.#wakeReaders();
    }
    this.#hasEnded = true;
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

async function run([program = "", ...args]: readonly string[], cwd?: string): Promise<Output> {
  const command = new Deno.Command(program, { args, cwd, stdout: "piped", stderr: "piped" });
  const output = await command.output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((b) => new TextDecoder().decode(b));
  if (!output.success) {
    throw new Error(`${program} ${args.join(" ")} ended with ${output.code}: ${stdout}${stderr}`);
  }
  return { stdout: stdout ?? "", stderr: stderr ?? "" };
}

function isAlive(pid: number): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).isDirectory;
  } catch {
    return false;
  }
}
