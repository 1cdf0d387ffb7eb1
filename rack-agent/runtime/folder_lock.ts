import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * Takes a data folder for this process alone, until it ends, however it ends.
 *
 * The lock is the kernel's, so a crash leaves nothing behind that somebody would have to remove.
 */
export async function lockFolder(folder: string): Promise<Deno.FsFile> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const file = await Deno.open(`${folder}/lock`, { write: true, create: true, mode: 0o600 });
  const isTaken = await file.tryLock(true).then((locked) => !locked);
  if (isTaken) {
    file.close();
    throw new DomainError({
      kind: "conflict",
      code: "agent.already_running",
      message: `another agent is running on ${folder}; stop it, or choose another --data folder`,
    });
  }
  return file;
}
