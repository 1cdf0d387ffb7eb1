/** What the one-host home is told by its environment. */
export interface RegionConfig {
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Without a slash at the end. */
  readonly publicUrl: string;
  /** Holds the secrets, the objects and, unless `databaseUrl` is set, the database. */
  readonly dataFolder: string;
  /** Absent: an embedded PostgreSQL server in the data folder. */
  readonly databaseUrl?: string;
  /** Addresses of proxies before the region, whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** Where the first admin's credentials are written too, at the first start. */
  readonly bootstrapFile?: string;
  /** Hosts (`host` or `host:port`) that webhooks may go to by plain http, or although they are ours. */
  readonly webhookHosts?: readonly string[];
  /** The same for the identity provider. */
  readonly oidcHosts?: readonly string[];
}

export type Environment = (name: string) => string | undefined;

/** Every mistake in the environment at once, one a line. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((each) => `  ${each}`).join("\n")}`);
  }
}

export const LISTEN_DEFAULT = "127.0.0.1:5240";

/** Reads the configuration; throws one ConfigError with everything that is wrong with it. */
export function readConfig(env: Environment, host: { isRoot: boolean }): RegionConfig {
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const listenText = value(env, "RACKWRIGHT_LISTEN") ?? LISTEN_DEFAULT;
  const listen = attempt(() => parseListen(listenText));
  const urlText = value(env, "RACKWRIGHT_PUBLIC_URL") ?? `http://${listenText}`;
  // A listen address that is wrong has been told already.
  const publicUrl = listen && attempt(() => parsePublicUrl(urlText));
  const dataFolder = attempt(() => chooseDataFolder(env, host));
  const databaseUrl = attempt(() => parseDatabaseUrl(value(env, "DATABASE_URL")));
  const webhookHosts = hosts(env, "RACKWRIGHT_WEBHOOK_HOSTS");
  const oidcHosts = hosts(env, "RACKWRIGHT_OIDC_HOSTS");
  const proxies = attempt(() => parseProxies(value(env, "RACKWRIGHT_PROXIES") ?? "")) ?? [];
  if (problems.length > 0 || !listen || !publicUrl || !dataFolder) throw new ConfigError(problems);
  const bootstrapFile = value(env, "RACKWRIGHT_BOOTSTRAP_FILE");
  return {
    listen,
    publicUrl,
    dataFolder,
    databaseUrl,
    proxies,
    bootstrapFile,
    webhookHosts,
    oidcHosts,
  };
}

function hosts(env: Environment, name: string): string[] | undefined {
  return value(env, name)?.toLowerCase().split(/[\s,]+/).filter(Boolean);
}

/** A variable set to nothing is a variable not set. */
function value(env: Environment, name: string): string | undefined {
  return env(name)?.trim() || undefined;
}

function parseListen(text: string): RegionConfig["listen"] {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/
    .exec(text) ?? [];
  const hostname = bracketed ?? plain;
  const port = Number(digits);
  if (hostname && port >= 1 && port <= 65_535) return { hostname, port };
  throw new Error(`RACKWRIGHT_LISTEN is "${text}"; write address:port, such as ${LISTEN_DEFAULT}`);
}

function parsePublicUrl(text: string): string {
  const url = URL.parse(text);
  const isUsable = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash &&
    !url.username;
  if (isUsable) return url.href.replace(/\/+$/, "");
  throw new Error(`RACKWRIGHT_PUBLIC_URL is "${text}"; write it as in https://region.example.com`);
}

function parseProxies(text: string): string[] {
  const addresses = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
  const wrong = addresses.find((each) =>
    !/^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/.test(each)
  );
  if (wrong === undefined) return addresses;
  throw new Error(
    `RACKWRIGHT_PROXIES has "${wrong}"; write addresses with commas between, such as 127.0.0.1,::1`,
  );
}

function chooseDataFolder(env: Environment, host: { isRoot: boolean }): string {
  const told = value(env, "RACKWRIGHT_DATA");
  if (told?.startsWith("/")) return told.replace(/\/+$/, "") || "/";
  if (told) throw new Error(`RACKWRIGHT_DATA is "${told}"; write an absolute path`);
  if (host.isRoot) return "/var/lib/rackwright/region";
  // XDG Base Directory Specification: relative paths are to be ignored.
  const xdg = value(env, "XDG_DATA_HOME");
  if (xdg?.startsWith("/")) return `${xdg}/rackwright/region`;
  const home = value(env, "HOME");
  if (home) return `${home}/.local/share/rackwright/region`;
  throw new Error("RACKWRIGHT_DATA is not set, and there is no HOME to derive it from");
}

function parseDatabaseUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^postgres(ql)?:\/\/\S+$/.test(text)) return text;
  // It may hold a password: it is not repeated.
  throw new Error("DATABASE_URL does not begin with postgres:// or postgresql://");
}
