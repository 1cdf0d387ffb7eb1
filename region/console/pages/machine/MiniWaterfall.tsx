import type { OutputOf } from "../../api/api_schema.ts";
import { formatDuration } from "../../ui/format.ts";

export type Span = OutputOf<"/operations/:operationId", "get">["spans"][number];

/** A waterfall in one line, for where the whole would be too much. */
export function MiniWaterfall({ spans }: { spans: readonly Span[] }) {
  const [first] = spans;
  const last = spans.at(-1);
  if (!first || !last) return null;
  const totalMs = Math.max(1, last.endMs - first.startMs);
  return (
    <div class="mini-waterfall" aria-hidden="true">
      {spans.map(({ name, owner, startMs, endMs }, i) => (
        <span
          key={`${i} ${name}`}
          class={`span-${owner}`}
          style={{ width: `${(100 * (endMs - startMs)) / totalMs}%` }}
          title={`${name}: ${formatDuration(endMs - startMs)}`}
        />
      ))}
    </div>
  );
}
