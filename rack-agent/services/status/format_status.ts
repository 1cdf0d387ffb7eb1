import type { PowerSummary } from "../power/power_summary.ts";
import type { AgentStatus, ShownLease } from "./status_service.ts";

/** Status for people, as `rackwright-agent status` prints it. */
export function formatStatus(status: AgentStatus): string {
  const { region } = status;
  const link = region.unreachableSince
    ? `region unreachable since ${region.unreachableSince}`
    : "region reachable";
  return [
    `agent ${status.agentId} (${status.version}) of site "${status.site.name}"`,
    `${link} (${region.url}), ${region.factsWaiting} facts waiting to be sent`,
    status.generation === undefined
      ? "no state yet: waiting for the region"
      : `state generation ${status.generation}`,
    ...status.networks.map(({ cidr, state }) => `network ${cidr}: ${state}`),
    `${status.leases} leases`,
    ...(status.power ? formatPower(status.power) : []),
    ...(status.operations.length === 0 ? ["no operation under way"] : []),
    ...status.operations.map((operation) =>
      `${operation.kind} of ${operation.hostname}: ${operation.phase} (${operation.id})`
    ),
  ].join("\n");
}

function formatPower({ on, off, unknown, oldestSeconds, faults }: PowerSummary): string[] {
  const age = oldestSeconds === undefined ? "" : `, seen in the last ${oldestSeconds} s`;
  return [
    `power: ${on} on, ${off} off${age}; ${unknown} unknown`,
    ...faults.map(({ hostname, code, message }) => `power of ${hostname}: ${message} (${code})`),
  ];
}

/** Leases for people, by address, as `rackwright-agent leases` prints them. */
export function formatLeases(leases: readonly ShownLease[]): string {
  if (leases.length === 0) return "no leases";
  const lines = leases.map(({ ipv4, mac, hostname = "", expiresAt }) =>
    [ipv4.padEnd(15), mac, `until ${expiresAt}`, hostname].join("  ").trimEnd()
  );
  return lines.join("\n");
}
