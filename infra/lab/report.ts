import type { JourneyResult } from "./journey.ts";
import type { Rack } from "./rack.ts";
import { seconds } from "./stages.ts";

/** The line for programs; its names are part of the lab's interface. */
export function jsonLine(
  results: readonly JourneyResult[],
  totalMs: number,
  failure?: { code: string; message: string },
): string {
  return JSON.stringify({
    machines: results.map(({ machine, stages, failure }) => ({
      system_id: machine?.systemId ?? null,
      hostname: machine?.hostname ?? null,
      status: machine?.status ?? null,
      stages,
      ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}),
    })),
    total_seconds: seconds(totalMs),
    ok: !failure && results.every((result) => !result.failure),
    ...(failure ? { failure } : {}),
  });
}

/** What a person needs to look around in a rack that is up. */
export function accessLines(rack: Rack): string[] {
  return [
    `API       ${rack.regionUrl}/api/v1`,
    `admin     ${rack.admin.username}  password ${rack.admin.password}`,
    `API key   ${rack.admin.apiKey}`,
    `agent     ${rack.agentStatusCommand}`,
    ...rack.machines.flatMap((machine) => [
      `${machine.name.padEnd(9)} ${machine.ipmitoolCommand}`,
      `${"".padEnd(9)} console ${machine.serialLogPath}`,
    ]),
  ];
}

const TAIL_LINES = 40;

/** Why machines did not get there, and the end of every log that may tell more. */
export async function failureLines(
  rack: Rack,
  results: readonly JourneyResult[],
): Promise<string[]> {
  const failed = rack.machines.flatMap((machine, i) => {
    const result = results[i];
    return result?.failure ? [{ machine, result, failure: result.failure }] : [];
  });
  const lines = failed.flatMap(({ machine, result, failure }) => [
    `${machine.name} (${result.machine?.status ?? "unknown to the region"}) failed: ` +
    `${failure.code}: ${failure.message}`,
    ...failure.evidence.map((line) => `    ${line}`),
  ]);
  for (const { machine } of failed) {
    lines.push(...await tail(`console of ${machine.name}`, machine.serialLogPath));
  }
  return [...lines, ...await logTails(rack.logPaths)];
}

/** The end of the region's and the agent's logs. */
export async function logTails(paths: { region: string; agent: string }): Promise<string[]> {
  return [...await tail("agent", paths.agent), ...await tail("region", paths.region)];
}

async function tail(title: string, path: string): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const lines = lastLines(text, TAIL_LINES);
  return lines.length === 0 ? [] : [`--- ${title}: ${path}`, ...lines];
}

/** The last `count` lines of a log, without what would move a terminal's cursor. */
export function lastLines(text: string, count: number): string[] {
  const lines = text
    // Escape sequences of firmware and GRUB (ECMA-48 §5.4), then what is left of control characters.
    // deno-lint-ignore no-control-regex
    .replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]/g, "")
    .split(/\r*\n|\r/)
    // deno-lint-ignore no-control-regex
    .map((line) => line.replaceAll(/[\x00-\x08\x0b-\x1f\x7f]/g, "").trimEnd());
  while (lines.at(-1) === "") lines.pop();
  return lines.slice(-count);
}
