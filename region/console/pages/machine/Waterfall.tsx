import { machineText } from "../../strings/machine.ts";
import { formatBytes, formatDuration } from "../../ui/format.ts";
import type { SpanRow } from "./compare_spans.ts";

const OWNERS = ["control", "power", "firmware", "transfer", "system", "disk"] as const;
/** From here on it is said in words. */
const SLOWER_TIMES = 1.5;
const SLOWER_MS = 3000;

/** Spans one below the other, each where it was in time; a mark shows what is usual. */
export function Waterfall(
  { rows, isRunning, compared }: {
    rows: readonly SpanRow[];
    isRunning: boolean;
    compared: number;
  },
) {
  const last = rows.at(-1);
  const totalMs = Math.max(1, (last?.fromMs ?? 0) + (last?.durationMs ?? 0));
  const shown = rows.filter((row) => !isPause(row, totalMs));
  const percent = (ms: number) => `${(100 * ms) / totalMs}%`;
  return (
    <figure class="stack">
      <figcaption class="row small muted">
        {OWNERS.filter((owner) => rows.some((row) => row.owner === owner)).map((owner) => (
          <span key={owner} class="row tight">
            <span class={`swatch span-${owner}`} aria-hidden="true" />
            {machineText.owners[owner]}
          </span>
        ))}
        <span class="grow" />
        <strong class="num">{machineText.total}: {formatDuration(totalMs)}</strong>
      </figcaption>
      <div class="table-wrap" tabIndex={0} role="region" aria-label={machineText.tabs.boot}>
        <table class="waterfall">
          <colgroup>
            <col class="name" />
            <col class="figure" />
            <col class="figure" />
            <col />
          </colgroup>
          <thead class="unseen">
            <tr>
              <th scope="col">{machineText.stage}</th>
              <th scope="col">{machineText.took}</th>
              <th scope="col">{machineText.bytes}</th>
              <th scope="col">{machineText.usual}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => {
              const isGrowing = isRunning && i === shown.length - 1;
              return (
                <tr key={`${i} ${row.name}`}>
                  <th scope="row" class="cut" title={row.name}>{row.name}</th>
                  <td class="right num">{formatDuration(row.durationMs)}</td>
                  <td class="right num faint">{row.bytes > 0 ? formatBytes(row.bytes) : ""}</td>
                  <td class="track">
                    <span
                      class={`bar span-${row.owner} ${isGrowing ? "grows" : ""}`}
                      style={{ left: percent(row.fromMs), width: percent(row.durationMs) }}
                    />
                    {row.usualMs === undefined ? null : (
                      <span
                        class="usual"
                        style={{ left: `min(${percent(row.fromMs + row.usualMs)}, 100%)` }}
                        title={`${machineText.usual}: ${formatDuration(row.usualMs)}`}
                      />
                    )}
                    <Slower row={row} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="small faint">
        {compared > 0 ? machineText.usualOf(compared) : machineText.noUsual}
      </p>
    </figure>
  );
}

const PAUSE_SHARE = 0.01;

/** The moments between two steps: they leave no gap, and tell nothing while they are short. */
function isPause({ name, durationMs }: SpanRow, totalMs: number): boolean {
  return name.startsWith("between ") && durationMs < PAUSE_SHARE * totalMs;
}

function Slower({ row: { durationMs, usualMs = 0 } }: { row: SpanRow }) {
  const times = durationMs / Math.max(1, usualMs);
  if (usualMs === 0 || times < SLOWER_TIMES || durationMs - usualMs < SLOWER_MS) return null;
  return <span class="slower">{machineText.slower(times.toFixed(1))}</span>;
}
