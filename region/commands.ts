import { DomainError } from "@/shared/errors/domain_error.ts";
import { LISTEN_DEFAULT } from "./config.ts";
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
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["rotate-secrets", rotateSecrets],
  ["verify-audit", verifyAudit],
]);

export const HELP = `rackwright region: the control plane of any number of sites

Usage:
  deno run -A region/main.ts                  serve, until SIGTERM or Ctrl-C
  deno run -A region/main.ts rotate-secrets   seal the database's passwords with a new key
  deno run -A region/main.ts verify-audit     find the first audit entry that is changed or missing
  deno run -A region/main.ts --help           this text

Stop the region before rotate-secrets and verify-audit; back up secrets.json after rotate-secrets.
It ends with 0 when done, 1 when something failed or the audit is broken, 2 for an argument that
it does not know.

Environment:
  RACKWRIGHT_LISTEN          address:port (default ${LISTEN_DEFAULT})
  RACKWRIGHT_PUBLIC_URL      where people and agents reach it (default http:// and the above)
  RACKWRIGHT_DATA            folder of the secrets, the objects and the embedded database (default
                             /var/lib/rackwright/region; when not root, rackwright/region below
                             $XDG_DATA_HOME or ~/.local/share)
  DATABASE_URL               postgres://… (default: an embedded PostgreSQL server)
  RACKWRIGHT_BOOTSTRAP_FILE  the first admin's credentials are written there too, as JSON
  RACKWRIGHT_WEBHOOK_HOSTS   hosts that webhooks may go to by plain http, or although they are ours
  RACKWRIGHT_OIDC_HOSTS      the same for the identity provider
  RACKWRIGHT_PROXIES         proxies whose X-Forwarded-For is believed: 127.0.0.1,::1`;

/** What the arguments ask for. Throws `invalid_input` that lists what there is. */
export function chooseCommand(args: readonly string[]): Command | "serve" | "help" {
  const [name, ...more] = args;
  if (name === undefined) return "serve";
  if (more.length === 0 && ["--help", "-h", "help"].includes(name)) return "help";
  const command = more.length === 0 ? COMMANDS.get(name) : undefined;
  if (command) return command;
  const names = [...COMMANDS.keys()].join(", ");
  throw new DomainError({
    kind: "invalid_input",
    code: "region.usage",
    message: `"${args.join(" ")}" is not a command; it is one of ${names}, or nothing to serve; ` +
      "see --help",
  });
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
