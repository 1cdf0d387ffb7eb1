import { DomainError } from "@/shared/errors/domain_error.ts";
import { runCacheCommand } from "./cache_program.ts";
import { type Command, HELP, parseCommand } from "./config.ts";
import { runAgent } from "./run_agent.ts";
import { systemClock } from "./runtime/clock.ts";
import { lockFolder } from "./runtime/folder_lock.ts";
import { hasIdentity, writeIdentity } from "./services/region_sync/identity.ts";
import { join } from "./services/region_sync/join.ts";
import { formatFindings } from "./services/check/judge.ts";
import { runChecks } from "./services/check/run_checks.ts";
import { installAgent } from "./install/install_agent.ts";
import { uninstallAgent } from "./install/uninstall_agent.ts";
import { formatBoots } from "./services/status/boot_log.ts";
import { formatLeases, formatStatus } from "./services/status/format_status.ts";
import { askLeases, askStatus, askWhy } from "./services/status/status_service.ts";
import { AGENT_COMMIT, AGENT_PROTOCOL, AGENT_VERSION } from "./version.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs one command; its result is the exit code: 0 done, 1 failed, 2 misused. */
async function main(args: string[]): Promise<number> {
  try {
    await execute(parseCommand(args, Deno.env.toObject()));
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`rackwright-agent: ${sentence(error)}`);
    return error instanceof DomainError && error.code === "agent.usage" ? 2 : 1;
  }
}

async function execute(command: Command): Promise<void> {
  switch (command.kind) {
    case "help":
      return console.log(HELP);
    case "version":
      return console.log(
        `rackwright-agent ${AGENT_VERSION} (commit ${AGENT_COMMIT}, protocol ${AGENT_PROTOCOL})`,
      );
    case "join":
      return await joinSite(command);
    case "status":
      return await showStatus(command);
    case "leases":
      return await showLeases(command);
    case "why":
      return console.log(await running(command.folder, askWhy(command.folder, command.mac)));
    case "boots":
      return await showBoots(command);
    case "check":
      return await showCheck(command);
    case "cache":
      return await runCacheCommand(command);
    case "install":
      return await installAgent(command, Deno.env.get("RACKWRIGHT_AGENT_FILE"));
    case "uninstall":
      return await uninstallAgent(command);
    case "run":
      return await runAgent(command);
  }
}

async function joinSite(command: Extract<Command, { kind: "join" }>): Promise<void> {
  const lock = await lockFolder(command.folder);
  try {
    if (await hasIdentity(command.folder)) {
      throw new DomainError({
        kind: "conflict",
        code: "agent.already_joined",
        message: `${command.folder} belongs to an agent already; to join again, remove its ` +
          "identity.json or choose another --data folder",
      });
    }
    const { regionUrl, token } = command;
    const input = { regionUrl, token, hostname: Deno.hostname(), agentVersion: AGENT_VERSION };
    const identity = await join(input, systemClock);
    await writeIdentity(command.folder, identity);
    console.log(`joined site "${identity.site.name}" as agent ${identity.agentId}`);
  } finally {
    lock.close();
  }
}

/** What a person asks of a running agent. */
interface Asked {
  readonly folder: string;
  readonly json: boolean;
}

async function showStatus(command: Asked): Promise<void> {
  const status = await running(command.folder, askStatus(command.folder));
  console.log(command.json ? JSON.stringify(status) : formatStatus(status));
}

async function showLeases(command: Asked): Promise<void> {
  const leases = await running(command.folder, askLeases(command.folder));
  console.log(command.json ? JSON.stringify(leases) : formatLeases(leases));
}

async function showBoots({ folder, json }: Asked): Promise<void> {
  const { boots } = await running(folder, askStatus(folder));
  console.log(json ? JSON.stringify(boots) : formatBoots(boots));
}

/** Fails when something was found that keeps the agent from serving. */
async function showCheck(command: Extract<Command, { kind: "check" }>): Promise<void> {
  const agentPid = await askStatus(command.folder).then(({ pid }) => pid, () => undefined);
  const findings = await runChecks({ ...command, agentPid });
  console.log(command.json ? JSON.stringify(findings) : formatFindings(findings));
  const problems = findings.filter(({ level }) => level === "problem").length;
  if (problems === 0) return;
  throw new DomainError({
    kind: "unavailable",
    code: "check.problems",
    message: `${problems} ${problems === 1 ? "problem" : "problems"} found`,
  });
}

/** What a running agent answered. */
async function running<T>(folder: string, answer: Promise<T>): Promise<T> {
  return await answer.catch((cause) => {
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new DomainError({
        kind: "forbidden",
        code: "agent.not_permitted",
        message: `this account may not ask the agent on ${folder}; run the same with sudo`,
        cause,
      });
    }
    throw new DomainError({
      kind: "unavailable",
      code: "agent.not_running",
      message: `no agent is running on ${folder}; start it (systemctl start rackwright-agent), ` +
        "or name its folder with --data",
      cause,
    });
  });
}

/** A known failure in one sentence; anything else with what caused it. */
function sentence(error: Error): string {
  if (error instanceof DomainError) return error.message;
  const cause = error.cause instanceof Error ? `: ${sentence(error.cause)}` : "";
  return `${error.message}${cause}`;
}
