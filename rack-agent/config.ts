import { parseArgs } from "node:util";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "join"; readonly regionUrl: string; readonly token: string } & Common
  | { readonly kind: "run" } & RunOptions & Common
  | { readonly kind: "status" | "boots" | "leases"; readonly json: boolean } & Common
  | { readonly kind: "check"; readonly json: boolean } & RunOptions & Common
  | { readonly kind: "install" | "uninstall" } & InstallOptions
  | CacheCommand & Common
  | { readonly kind: "why"; readonly mac: MacAddress } & Common
  | { readonly kind: "help" }
  | { readonly kind: "version" };

export interface CacheCommand {
  readonly kind: "cache";
  readonly action: "list" | "verify" | "evict" | "pin" | "unpin";
  /** The beginnings of hashes; or, to evict, all that can go. */
  readonly which: readonly string[] | "all";
  readonly json: boolean;
}

export interface RunOptions {
  readonly httpPort: number;
  /** Loopback only. */
  readonly statusPort: number;
  /** Where images are served. */
  readonly filesPort: number;
  /** What the content cache may take up; absent: as much as it likes. */
  readonly cacheBytes?: number;
  /** UDP ports that TFTP transfers come from, inclusive; absent: any. */
  readonly tftpPorts?: { readonly first: number; readonly last: number };
}

export interface InstallOptions {
  /** What is installed goes below this folder; empty: this host itself. */
  readonly root: string;
  /** Uninstalling takes the data folder with it. */
  readonly isPurge: boolean;
}

interface Common {
  /** Where the agent keeps its identity, state, journal, leases and cache. */
  readonly folder: string;
}

const DEFAULT_FOLDER = "/var/lib/rackwright/agent";
/** The port that MAAS serves machines on; firewalls at many sites already know it. */
const DEFAULT_HTTP_PORT = 5248;
const DEFAULT_FILES_PORT = 5249;
const DEFAULT_STATUS_PORT = 5247;

export const HELP = `rackwright-agent: serves a site's machines and reports to its region

Usage:
  rackwright-agent join <region-url> --token <token>   make this host the agent of a site
  rackwright-agent run                                 serve DHCP, TFTP, HTTP boot, metadata, power
  rackwright-agent status [--json]                     what a running agent is doing
  rackwright-agent leases [--json]                     addresses in use
  rackwright-agent why <mac>                           what DHCP last decided about a machine, and why
  rackwright-agent boots [--json]                      the last boots it has served, step by step
  rackwright-agent check [--json]                      what would keep it from serving, and what to do
  rackwright-agent cache [list] [--json]               images at this site, and what keeps them
  rackwright-agent cache verify [--json]               read them all; what is damaged is removed
  rackwright-agent cache evict <hash>... | --all       remove some, or all that nothing needs
  rackwright-agent cache pin|unpin <hash>...           keep some, whatever --cache-gib says
  rackwright-agent install                             as a service of this host (systemd)
  rackwright-agent uninstall [--purge]                 remove it again; --purge: its data too
  rackwright-agent --version

Options:
  --data <folder>      where the agent keeps everything (default ${DEFAULT_FOLDER},
                       or $RACKWRIGHT_AGENT_DATA)
  --token <token>      from the region: POST /api/v1/sites/{id}/join-tokens
                       (or $RACKWRIGHT_JOIN_TOKEN, which keeps it out of the process list)
  --http-port <port>   for boot scripts, boot files and metadata (default ${DEFAULT_HTTP_PORT})
  --files-port <port>  for images (default ${DEFAULT_FILES_PORT})
  --status-port <port> for a status page and /metrics on loopback (default ${DEFAULT_STATUS_PORT})
  --cache-gib <size>   what the cache of images may take up (default: what the disk has room for)
  --tftp-ports <a-b>   UDP ports for TFTP transfers, for a firewall (default any)
  --root <folder>      install below this folder instead, without an account or systemd
  --json               output of status, leases, boots and check as JSON

It ends with 0 when done, 1 when it failed or check found a problem, 2 when it was misused.
  --help
`;

/** Reads arguments and environment; all problems in one `invalid_input` error. */
export function parseCommand(args: string[], env: Record<string, string | undefined>): Command {
  const { values, positionals } = parse(args);
  if (values.help || positionals.length === 0 && !values.version) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const folder = values.data ?? env.RACKWRIGHT_AGENT_DATA ?? DEFAULT_FOLDER;
  const [command = "", ...rest] = positionals;
  refuseForeignOptions(command, Object.keys(values));
  switch (command) {
    case "join":
      return { ...joinInput(rest, values.token ?? env.RACKWRIGHT_JOIN_TOKEN), folder };
    case "run":
      refuseRest(rest);
      return { kind: "run", folder, ...runOptions(values) };
    case "check":
      refuseRest(rest);
      return { kind: "check", folder, json: values.json ?? false, ...runOptions(values) };
    case "status":
    case "boots":
    case "leases":
      refuseRest(rest);
      return { kind: command, folder, json: values.json ?? false };
    case "install":
    case "uninstall":
      refuseRest(rest);
      return { kind: command, root: values.root ?? "", isPurge: values.purge ?? false };
    case "cache":
      return { ...cacheCommand(rest, values.all ?? false), folder, json: values.json ?? false };
    case "why":
      return { kind: "why", folder, mac: machine(rest) };
    default:
      throw refused(`"${command}" is not a command; see rackwright-agent --help`);
  }
}

const RUN_OPTIONS = ["data", "http-port", "files-port", "status-port", "cache-gib", "tftp-ports"];

/** The options that each command heeds; `check` takes those of `run`, whose line it is to judge. */
const OPTIONS_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ["join", ["data", "token"]],
  ["run", RUN_OPTIONS],
  ["check", [...RUN_OPTIONS, "json"]],
  ["status", ["data", "json"]],
  ["boots", ["data", "json"]],
  ["leases", ["data", "json"]],
  ["cache", ["data", "json", "all"]],
  ["why", ["data"]],
  ["install", ["root"]],
  ["uninstall", ["root", "purge"]],
]);

/** An option that a command would not heed is a mistake: whoever wrote it counts on it. */
function refuseForeignOptions(command: string, given: readonly string[]): void {
  const known = OPTIONS_OF.get(command);
  if (!known) {
    const names = [...OPTIONS_OF.keys()].join(", ");
    throw refused(`"${command}" is not a command; it is one of ${names}; see --help`);
  }
  const foreign = given.find((name) => !known.includes(name));
  if (foreign === undefined) return;
  const accepted = known.map((name) => `--${name}`).join(", ");
  throw refused(`${command} does not take --${foreign}; it takes ${accepted}`);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        data: { type: "string" },
        token: { type: "string" },
        "http-port": { type: "string" },
        "files-port": { type: "string" },
        "status-port": { type: "string" },
        root: { type: "string" },
        purge: { type: "boolean" },
        "cache-gib": { type: "string" },
        "tftp-ports": { type: "string" },
        json: { type: "boolean" },
        all: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function joinInput(rest: string[], token: string | undefined) {
  const [regionUrl, ...more] = rest;
  const problems = [
    ...(regionUrl ? urlProblems(regionUrl) : ["the region's address is missing"]),
    ...(token ? [] : ["the token is missing: --token, or $RACKWRIGHT_JOIN_TOKEN"]),
    ...(more.length > 0 ? [`"${more.join(" ")}" was not expected`] : []),
  ];
  if (problems.length > 0 || !regionUrl || !token) throw refused(problems.join("; "));
  return { kind: "join" as const, regionUrl: regionUrl.replace(/\/+$/, ""), token };
}

function urlProblems(text: string): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  return isHttp
    ? []
    : [`"${text}" is not the address of a region; write it as in https://region.example`];
}

type RunOptionName = "http-port" | "files-port" | "status-port" | "tftp-ports" | "cache-gib";

function runOptions(
  values: Partial<Record<RunOptionName, string>>,
): RunOptions {
  return {
    httpPort: port("http-port", values["http-port"], DEFAULT_HTTP_PORT),
    filesPort: port("files-port", values["files-port"], DEFAULT_FILES_PORT),
    statusPort: port("status-port", values["status-port"], DEFAULT_STATUS_PORT),
    tftpPorts: portRange(values["tftp-ports"]),
    cacheBytes: cacheBytes(values["cache-gib"]),
  };
}

function portRange(text: string | undefined): RunOptions["tftpPorts"] {
  if (text === undefined) return undefined;
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (first && last && first <= last && last < 65536) return { first, last };
  throw refused(`--tftp-ports "${text}" is not a range of ports; write it as in 30000-30100`);
}

function port(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65536) return value;
  throw refused(`--${option} "${text}" is not a port number, 1 to 65535`);
}

function cacheBytes(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const gib = Number(text);
  if (gib > 0 && gib <= 1_000_000) return Math.floor(gib * 2 ** 30);
  throw refused(`--cache-gib "${text}" is not a size in GiB, such as 50`);
}

const CACHE_ACTIONS = ["list", "verify", "evict", "pin", "unpin"] as const;

function cacheCommand(
  [name = "list", ...hashes]: string[],
  isAll: boolean,
): Pick<CacheCommand, "kind" | "action" | "which"> {
  const action = CACHE_ACTIONS.find((each) => each === name);
  if (!action) throw refused(`cache ${name} is nothing; it is one of ${CACHE_ACTIONS.join(", ")}`);
  const takesHashes = action !== "list" && action !== "verify";
  const bad = hashes.find((hash) => !/^[0-9a-f]{4,64}$/.test(hash));
  if (!takesHashes || isAll && action === "evict") {
    refuseRest(hashes);
    if (isAll && action !== "evict") throw refused(`cache ${action} does not take --all`);
    return { kind: "cache", action, which: isAll ? "all" : [] };
  }
  if (isAll) throw refused(`cache ${action} does not take --all; name files by their hashes`);
  if (bad !== undefined) {
    throw refused(`"${bad}" is not the beginning of a hash, 4 to 64 hex digits`);
  }
  if (hashes.length === 0) {
    throw refused(`cache ${action} takes the beginnings of hashes, as cache list shows them`);
  }
  return { kind: "cache", action, which: hashes };
}

function machine([mac, ...more]: string[]): MacAddress {
  if (mac === undefined || more.length > 0) {
    throw refused("why takes one MAC address, such as 52:54:00:12:34:56");
  }
  try {
    return parseMacAddress(mac);
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function refuseRest(rest: string[]): void {
  if (rest.length > 0) throw refused(`"${rest.join(" ")}" was not expected`);
}

function refused(message: string): DomainError {
  return new DomainError({ kind: "invalid_input", code: "agent.usage", message });
}
