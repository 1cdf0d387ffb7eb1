/** What `deno task deploy` is asked for. */
export interface DeployOptions {
  /** Of `wrangler.jsonc`; absent: the top-level one, production. */
  readonly environment?: string;
  readonly isDryRun: boolean;
  readonly help: boolean;
}

/** Secrets of the Worker; `wrangler secret put NAME`. */
export const SECRETS = ["DATABASE_URL", "RACKWRIGHT_SECRETS"] as const;

export const USAGE = `deno task deploy [flags]: the region to Cloudflare Workers

  --env NAME    an environment of infra/cloudflare/wrangler.jsonc, such as staging (default: the
                top-level one)
  --dry-run     make and check everything, and upload nothing; needs no network and no account
  --new-secrets print the text of new region secrets, for \`wrangler secret put RACKWRIGHT_SECRETS\`
  --help        this text

It migrates the database first, under an advisory lock: set DATABASE_URL to the direct, unpooled
connection string. The first time, it prints an administrator's password and API key, once. Wrangler
signs in by CLOUDFLARE_API_TOKEN. Secrets of the Worker, each by \`wrangler secret put\`:
${SECRETS.join(", ")}. infra/cloudflare/README.md goes through it step by step.
`;

/** A flag that nobody can act on. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads the command line; throws a UsageError. */
export function parseOptions(args: readonly string[]): DeployOptions | "new-secrets" {
  let environment: string | undefined;
  const switches = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    const [flag = "", inline] = arg.split("=", 2);
    if (flag === "--env") {
      environment = inline ?? args[++i];
      if (!environment) throw new UsageError("--env needs a name, such as staging");
      if (!/^[a-z0-9-]{1,32}$/.test(environment)) {
        throw new UsageError(`--env is a name of wrangler.jsonc, not "${environment}"`);
      }
    } else if (["--dry-run", "--help", "--new-secrets"].includes(arg)) switches.add(arg);
    else throw new UsageError(`"${arg}" is not a flag of deploy; it knows --env --dry-run --help`);
  }
  if (switches.has("--new-secrets")) return "new-secrets";
  return { environment, isDryRun: switches.has("--dry-run"), help: switches.has("--help") };
}
