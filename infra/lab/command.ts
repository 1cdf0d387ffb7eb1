/** A program that could not be started or ended with another code than 0. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export interface CommandOptions {
  /** Added to the lab's own environment; the place for secrets, which other users could read in arguments. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly stdin?: string;
  /** Ends the program with SIGTERM. */
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and returns what it wrote to standard output; throws a CommandError. */
export async function run(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const [program = "", ...args] = command;
  const child = start(program, args, options);
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // A program that ended early leaves a closed pipe; its exit code tells why.
    await writer.write(new TextEncoder().encode(options.stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (code !== 0) {
    const said = text.decode(stderr).trim() || text.decode(stdout).trim() || "it said nothing";
    throw new CommandError(`${command.join(" ")} ended with ${code}: ${said}`);
  }
  return text.decode(stdout);
}

/** Like `run`, for what may have been done already: a failure is not an error. */
export async function tryRun(command: readonly string[]): Promise<boolean> {
  try {
    await run(command);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

function start(program: string, args: readonly string[], options: CommandOptions) {
  try {
    return new Deno.Command(program, {
      args: [...args],
      env: { ...options.env },
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      signal: options.signal,
    }).spawn();
  } catch (error) {
    throw new CommandError(`${program} could not be started: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
