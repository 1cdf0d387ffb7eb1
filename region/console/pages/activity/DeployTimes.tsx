import { trendsText } from "../../strings/activity.ts";
import { formatDuration, formatMoment } from "../../ui/format.ts";
import { type PastOperation, quantiles } from "./fleet_history.ts";

const WIDTH = 960;
const HEIGHT = 160;
/** Dots stay whole at the edges. */
const EDGE = 8;

/** How long each deploy took, a dot each, and what is usual. */
export function DeployTimes(
  { operations, fromMs, nowMs }: {
    operations: readonly PastOperation[];
    fromMs: number;
    nowMs: number;
  },
) {
  const ended = operations.flatMap(({ kind, state, askedAt, endedAt }) => {
    const endMs = endedAt === null ? 0 : Date.parse(endedAt);
    return kind === "deploy" && endMs >= fromMs
      ? [{ isDone: state === "done", endMs, tookMs: endMs - Date.parse(askedAt) }]
      : [];
  });
  const done = ended.filter(({ isDone }) => isDone);
  const usual = quantiles(done.map(({ tookMs }) => tookMs));
  if (ended.length === 0) return <p class="muted">{trendsText.noDeploys}</p>;
  const mostMs = Math.max(...ended.map(({ tookMs }) => tookMs));
  const x = (ms: number) => EDGE + ((WIDTH - 2 * EDGE) * (ms - fromMs)) / (nowMs - fromMs);
  const y = (ms: number) => HEIGHT - EDGE - ((HEIGHT - 2 * EDGE) * ms) / mostMs;
  const failed = ended.length - done.length;
  const summary = [
    trendsText.deploysDone(done.length),
    failed === 0 ? undefined : trendsText.deploysFailed(failed),
    usual && trendsText.usual(formatDuration(usual.middle), formatDuration(usual.most)),
  ].filter(Boolean).join(" · ");
  return (
    <div class="trend">
      <p class="spread small">
        <strong>{summary}</strong>
        <span class="muted num">{trendsText.longest(formatDuration(mostMs))}</span>
      </p>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={summary}>
        {usual
          ? <line class="usual" x1="0" x2={WIDTH} y1={y(usual.middle)} y2={y(usual.middle)} />
          : null}
        {ended.map(({ isDone, endMs, tookMs }, i) => (
          <circle
            key={i}
            class={isDone ? "done" : "failed"}
            cx={x(endMs)}
            cy={y(tookMs)}
            r={isDone ? 4 : 5}
          >
            <title>{`${formatDuration(tookMs)}, ${formatMoment(endMs)}`}</title>
          </circle>
        ))}
      </svg>
      <p class="spread faint small">
        <span>{formatMoment(fromMs)}</span>
        <span>{formatMoment(nowMs)}</span>
      </p>
    </div>
  );
}
