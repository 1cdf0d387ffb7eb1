import type { RegionContext } from "./context.ts";
import type { DataFolder } from "./data_folder.ts";
import { sealEntries } from "./services/audit/seal_entries.ts";
import { verifyChain } from "./services/audit/verify_chain.ts";
import { formatRegionSecrets } from "./services/secrets/region_secrets.ts";
import { beginRotation, endRotation, resealSecrets } from "./services/secrets/rotate_seal_key.ts";

/** What a command came to: a line for people, and the code with which the process ends. */
export interface Outcome {
  readonly text: string;
  readonly exitCode: number;
}

interface Opened {
  readonly ctx: RegionContext;
  readonly folder: DataFolder;
}

type Command = (opened: Opened) => Promise<Outcome>;

/** What `region/main.ts` does instead of serving, by its argument. No region may run meanwhile. */
const COMMANDS: Record<string, Command> = {
  "rotate-secrets": rotateSecrets,
  "verify-audit": verifyAudit,
};

/** The command that the arguments name; undefined: serve. Throws what to write instead. */
export function chooseCommand(args: readonly string[]): Command | undefined {
  const [name] = args;
  if (name === undefined) return undefined;
  const command = args.length === 1 ? COMMANDS[name] : undefined;
  if (command) return command;
  const names = Object.keys(COMMANDS).join(", ");
  throw new Error(`"${args.join(" ")}" is no command; without one it serves, else: ${names}`);
}

/** The file has both keys before the first value is sealed anew, and one when the last one is. */
async function rotateSecrets({ ctx, folder }: Opened): Promise<Outcome> {
  const begun = beginRotation(ctx.secrets, ctx.randomBytes);
  await folder.writeSecret("secrets.json", formatRegionSecrets(begun));
  const count = await resealSecrets({ ...ctx, secrets: begun });
  await folder.writeSecret("secrets.json", formatRegionSecrets(endRotation(begun)));
  const text = `${count} secrets are sealed anew, by the key ${begun.sealKey.id}; ` +
    "back up secrets.json";
  return { text, exitCode: 0 };
}

async function verifyAudit({ ctx }: Opened): Promise<Outcome> {
  await sealEntries(ctx);
  const { isIntact, checked, firstBroken, head } = await verifyChain(ctx);
  if (isIntact || !firstBroken) {
    const text = `${checked} entries are as they were written; ` +
      `the chain ends at ${head.position} with ${head.hash}`;
    return { text, exitCode: 0 };
  }
  const { position, entryId, reason } = firstBroken;
  const which = entryId === null ? "" : ` (entry ${entryId})`;
  return { text: `the audit is broken at position ${position}${which}: ${reason}`, exitCode: 1 };
}
