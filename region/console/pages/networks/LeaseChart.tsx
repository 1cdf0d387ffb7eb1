import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { subnetText } from "../../strings/networks.ts";
import { formatCount, formatMoment } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Segmented } from "../../ui/Segmented.tsx";

type History = OutputOf<"/subnets/:subnetId/lease-history", "get">;

const HOURS = { day: 24, week: 168, month: 720 } as const;
type Period = keyof typeof HOURS;
const EVERY_MS = 60_000;

/** How many leases there were, hour by hour. */
export function LeaseChart({ subnetId }: { subnetId: number }) {
  const [period, setPeriod] = useState<Period>("week");
  const history = useApi("/subnets/:subnetId/lease-history", {
    param: { subnetId },
    query: { hours: HOURS[period] },
  }, { everyMs: EVERY_MS });
  return (
    <Card
      title={subnetText.leasesOverTime}
      actions={
        <Segmented<Period>
          label={subnetText.period}
          value={period}
          options={[
            { value: "day", label: subnetText.hours.day },
            { value: "week", label: subnetText.hours.week },
            { value: "month", label: subnetText.hours.month },
          ]}
          onChange={setPeriod}
        />
      }
    >
      <Loaded read={history}>
        {(data) =>
          data.leases.every((count) => count === 0)
            ? <p class="muted">{subnetText.leasesNone}</p>
            : <Chart history={data} />}
      </Loaded>
    </Card>
  );
}

const WIDTH = 960;
const HEIGHT = 140;

/** Steps, for a lease is there or it is not. */
function Chart({ history: { leases, from, to, stepSeconds } }: { history: History }) {
  const [at, setAt] = useState<number>();
  const most = Math.max(...leases);
  const x = (point: number) => WIDTH * point / (leases.length - 1);
  const y = (count: number) => HEIGHT - (HEIGHT - 8) * count / most;
  const line = leases.map((count, i) =>
    i === 0 ? `M0 ${y(count)}` : `H${x(i).toFixed(1)}V${y(count).toFixed(1)}`
  ).join("");
  const shown = at ?? leases.length - 1;
  const momentOf = (point: number) => Date.parse(from) + point * stepSeconds * 1000;
  return (
    <div class="lease-chart">
      <p class="spread small">
        <span class="muted">{subnetText.leasesLead}</span>
        <span class="num">
          {subnetText.leasesAt(formatCount(leases[shown] ?? 0), formatMoment(momentOf(shown)))}
          {" · "}
          {subnetText.leasesPeak(formatCount(most))}
        </span>
      </p>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${subnetText.leasesOverTime}: ${
          subnetText.leasesAt(formatCount(leases.at(-1) ?? 0), formatMoment(to))
        }, ${subnetText.leasesPeak(formatCount(most))}`}
        onPointerMove={({ currentTarget, clientX }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          const share = (clientX - left) / width;
          setAt(Math.max(0, Math.min(leases.length - 1, Math.round(share * (leases.length - 1)))));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        <path class="area" d={`${line}V${HEIGHT}H0Z`} />
        <path class="line" d={line} vector-effect="non-scaling-stroke" />
        {at === undefined ? null : (
          <line
            class="now"
            x1={x(at)}
            x2={x(at)}
            y1="0"
            y2={HEIGHT}
            vector-effect="non-scaling-stroke"
          />
        )}
      </svg>
      <p class="spread faint small">
        <span>{formatMoment(from)}</span>
        <span>{formatMoment(to)}</span>
      </p>
    </div>
  );
}
