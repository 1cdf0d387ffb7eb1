import { MACHINE_STATUSES } from "@/shared/machine/lifecycle.ts";
import type { Fleet } from "../../fleet/fleet.ts";
import { countValues, type FleetQuery } from "../../fleet/fleet_view.ts";
import { toggleFilter } from "../../fleet/view_address.ts";
import { FACET_NAMES } from "../../strings/machines.ts";
import { formatCount } from "../../ui/format.ts";
import { Mark, toneOf } from "../../ui/StatusBadge.tsx";
import { useMemo } from "preact/hooks";

/** How the fleet stands, and a press away those machines. */
export function StatusBar(
  { machines: { machines, revision }, query, onChange }: {
    machines: Fleet;
    query: FleetQuery;
    onChange: (next: FleetQuery) => void;
  },
) {
  const counts = useMemo(() => countValues(machines.values(), query, "status"), [revision, query]);
  const chosen = query.filters.status ?? [];
  return (
    <div class="status-bar" role="group" aria-label={FACET_NAMES.status}>
      {MACHINE_STATUSES.filter((status) => counts.has(status) || chosen.includes(status))
        .map((status) => {
          const tone = toneOf(status);
          return (
            <button
              key={status}
              type="button"
              class={`tone-${tone}`}
              aria-pressed={chosen.includes(status)}
              onClick={() => onChange(toggleFilter(query, "status", status))}
            >
              <Mark tone={tone} />
              {status}
              <span class="num">{formatCount(counts.get(status) ?? 0)}</span>
            </button>
          );
        })}
    </div>
  );
}
