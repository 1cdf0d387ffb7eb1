/** Takes one line for the person who waits. */
export type LogLine = (line: string) => void;

/** Lines of a failed program's output that its error repeats. */
const TAIL_LINES = 30;

/**
 * Runs a program and returns its standard output.
 *
 * Throws with the last lines of both outputs when it cannot be started or fails. `env`, when given,
 * replaces the whole environment.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...(env ? { env, clearEnv: true } : {}),
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  const output = text.decode(stdout);
  if (code === 0) return output;
  const tail = `${output}\n${text.decode(stderr)}`.trim().split("\n").slice(-TAIL_LINES).join("\n");
  throw new Error(`${program} failed with exit code ${code}:\n${tail}`);
}
