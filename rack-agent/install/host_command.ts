import { DomainError } from "@/shared/errors/domain_error.ts";

/** Runs a program of this host; throws DomainError `unavailable` with what it said when it fails. */
export async function hostCommand(program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdout: "null" }).output();
  if (success) return;
  throw new DomainError({
    kind: "unavailable",
    code: "install.command_failed",
    message: `${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr).trim()}`,
  });
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Whether systemd runs this host (sd_booted(3)). */
export async function hasSystemd(): Promise<boolean> {
  return await exists("/run/systemd/system");
}

export async function hasAccount(name: string): Promise<boolean> {
  const command = new Deno.Command("id", { args: ["-u", name], stdout: "null", stderr: "null" });
  return (await command.output()).success;
}

/** Removes a file or folder with all that is in it; nothing there is fine. */
export async function removeAll(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
