import { connect } from "@/region/db/client.ts";
import {
  formatRegionSecrets,
  makeRegionSecrets,
} from "@/region/services/secrets/region_secrets.ts";
import { prepareDatabase } from "../prepare_database.ts";
import { type DeployOptions, parseOptions, SECRETS, USAGE, UsageError } from "./options.ts";
import { ROOT, writeFiles } from "./write_files.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === "new-secrets") {
      const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
      console.log(formatRegionSecrets(await makeRegionSecrets(randomBytes)).trimEnd());
      return 0;
    }
    if (options.help) {
      console.log(USAGE);
      return 0;
    }
    return await deploy(options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

async function deploy(options: DeployOptions): Promise<number> {
  const { script, runtimeImports } = await writeFiles();
  const kib = Math.round(new TextEncoder().encode(script).length / 1024);
  console.log(`the Worker: ${kib} KiB of script; of the runtime ${runtimeImports.join(", ")}`);
  if (options.isDryRun) {
    console.log(`secrets that it needs: ${SECRETS.join(", ")}`);
  } else {
    await prepare();
  }
  return await wrangler(options);
}

/** Before the upload: the version that runs until then works with more columns, not with fewer. */
async function prepare(): Promise<void> {
  const url = Deno.env.get("DATABASE_URL") ?? "";
  if (!/^postgres(ql)?:\/\/\S+$/.test(url)) {
    throw new UsageError(
      "set DATABASE_URL to the database's direct, unpooled connection string (postgres://…)",
    );
  }
  const connection = connect({ url });
  try {
    const { migrated, admin } = await prepareDatabase(connection.db);
    console.log(migrated.length > 0 ? `migrated: ${migrated.join(", ")}` : "nothing to migrate");
    if (!admin) return;
    console.log([
      "",
      "  The first administrator of this region, shown only now:",
      "",
      `    user      ${admin.username}`,
      `    password  ${admin.password}`,
      `    API key   ${admin.apiKey}`,
      "",
    ].join("\n"));
  } finally {
    await connection.close();
  }
}

async function wrangler({ environment, isDryRun }: DeployOptions): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "node_modules/wrangler/bin/wrangler.js",
      "deploy",
      "--config",
      "infra/cloudflare/wrangler.jsonc",
      "--env",
      environment ?? "",
      ...(isDryRun ? ["--dry-run"] : []),
    ],
    cwd: ROOT,
    env: { WRANGLER_SEND_METRICS: "false", CI: "1" },
  }).spawn().status;
  return code;
}
