import type { Observation } from "../../api/agent_observation.ts";
import { Mark } from "../../ui/StatusBadge.tsx";

const TONES = { ok: "good", warning: "caution", problem: "bad" } as const;
const ORDER = ["problem", "warning", "ok"];

/** What `rackwright-agent check` would say on the host, the worst first. */
export function Checks({ checks }: { checks: Observation["checks"] }) {
  const sorted = checks.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  return (
    <ul class="events">
      {sorted.map(({ code, level, saw, advice }, i) => (
        <li key={`${code} ${i}`} class={`event tone-${TONES[level]}`} title={code}>
          <Mark tone={TONES[level]} />
          <span class="grow">
            {saw}
            {advice ? <div class="muted small">{advice}</div> : null}
          </span>
        </li>
      ))}
    </ul>
  );
}
