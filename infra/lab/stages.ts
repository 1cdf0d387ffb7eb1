import type { OperationView } from "./api_views.ts";

/** A stretch of a machine's journey that ended well. */
export interface Stage {
  readonly name: string;
  readonly seconds: number;
}

/**
 * The stages that an operation accounts for, by the region's own times.
 *
 * A deployment has two: up to the restart into the installed system, and from there.
 */
export function stagesOf(operation: OperationView): Stage[] {
  const { kind, askedAt, endedAt } = operation;
  if (!endedAt) return [];
  const startMs = Date.parse(askedAt);
  const endMs = Date.parse(endedAt);
  const restart = operation.spans.find(({ name }) => name === "restart");
  if (kind !== "deploy" || !restart) return [{ name: kind, seconds: seconds(endMs - startMs) }];
  return [
    { name: "install", seconds: seconds(restart.startMs - startMs) },
    { name: "first boot", seconds: seconds(endMs - restart.startMs) },
  ];
}

/** Milliseconds as seconds with one decimal. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** For people: `0:07`, `12:30`. */
export function formatElapsed(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
