import { DomainError } from "@/shared/errors/domain_error.ts";

/** The account that the server runs under; no ids: the one this process has. */
export interface PostgresAccount {
  readonly name: string;
  readonly ids: { readonly uid?: number; readonly gid?: number };
}

/** PostgreSQL refuses to run as root; it needs an account with an entry in passwd(5). */
const UNPRIVILEGED_ACCOUNTS = ["rackwright", "postgres", "nobody"];

/** The account for a server in `folder`: the one its data already belongs to, else the first known. */
export async function chooseAccount(folder: string): Promise<PostgresAccount> {
  if (Deno.uid() !== 0) return { name: "this account", ids: {} };
  const known = (await Deno.readTextFile("/etc/passwd")).split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid]) => ({ name: name ?? "", uid: Number(uid), gid: Number(gid) }));
  const owner = (await Deno.stat(`${folder}/data`).catch(() => undefined))?.uid;
  const found = known.find(({ uid }) => uid === owner && uid !== 0) ??
    UNPRIVILEGED_ACCOUNTS.map((name) => known.find((a) => a.name === name)).find(Boolean);
  if (!found) {
    throw fault(
      "database.no_account",
      `PostgreSQL does not run as root, and none of ${UNPRIVILEGED_ACCOUNTS.join(", ")} exists; ` +
        "make one of these accounts, or set DATABASE_URL",
    );
  }
  return { name: found.name, ids: { uid: found.uid, gid: found.gid } };
}

/** Makes the folder and gives it to the account, or says why it cannot be used. */
export async function prepareFolder(
  folder: string,
  socketFolder: string,
  account: PostgresAccount,
): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.mkdir(socketFolder, { recursive: true });
    for (const path of [folder, socketFolder]) {
      if (account.ids.uid !== undefined) {
        await Deno.chown(path, account.ids.uid, account.ids.gid ?? null);
      }
      await Deno.chmod(path, 0o700);
    }
  } catch (cause) {
    throw fault(
      "database.folder_not_writable",
      `cannot write to ${folder}: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    );
  }
  const { code } = await runAs(account, "/bin/sh", ["-c", 'cd "$0" && : >.probe', folder]);
  if (code !== 0) {
    throw fault(
      "database.folder_not_reachable",
      `the account ${account.name}, which PostgreSQL runs under, cannot use ${folder}; ` +
        "let it pass through the folders above (chmod o+x), or choose another data folder",
    );
  }
}

/** Runs a program to its end under the account. */
export async function runAs(
  account: PostgresAccount,
  program: string,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const result = await new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    cwd: "/",
    ...account.ids,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: result.code, output: decode(result.stdout) + decode(result.stderr) };
}

function fault(code: string, message: string, cause?: unknown): DomainError {
  return new DomainError({ kind: "unavailable", code, message, cause });
}
