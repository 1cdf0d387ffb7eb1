import { useEffect, useMemo, useState } from "preact/hooks";
import { usePages } from "../../api/every_page.ts";
import { serverNowMs } from "../../api/client.ts";
import { useStore } from "../../api/store.ts";
import { fleet, followFleet } from "../../fleet/fleet.ts";
import { trendsText } from "../../strings/activity.ts";
import { formatCount, formatMoment } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { DeployTimes } from "./DeployTimes.tsx";
import {
  type Band,
  BANDS,
  fleetHistory,
  momentsUntil,
  type PastOperation,
} from "./fleet_history.ts";

const HOURS = { day: 24, week: 168, month: 720 } as const;
type Period = keyof typeof HOURS;
const POINTS = 121;
const PAGE = 200;
/** Five thousand operations; a fleet with more in the period sees less of it, and is told so. */
const PAGES_MAX = 25;
const EVERY_MS = 60_000;

/** How the fleet stood over time, and how long deploys took. */
export function TrendsTab() {
  const [period, setPeriod] = useState<Period>("week");
  // Not for every change of a machine: the picture is drawn anew with the operations.
  const isComplete = useStore(fleet, (it) => it.isComplete);
  useEffect(followFleet, []);
  const read = usePages("/operations", "operations", {
    query: { limit: PAGE, fields: "machine,kind,state,askedAt,endedAt" },
    pages: PAGES_MAX,
    everyMs: EVERY_MS,
  });
  const choice = (
    <Segmented<Period>
      label={trendsText.period}
      value={period}
      options={(["day", "week", "month"] as const).map((value) => ({
        value,
        label: trendsText.periods[value],
      }))}
      onChange={setPeriod}
    />
  );
  return (
    <Loaded read={read}>
      {({ rows, hasMore }) => {
        const nowMs = serverNowMs();
        const fromMs = nowMs - HOURS[period] * 3_600_000;
        const oldest = rows.at(-1)?.askedAt;
        return (
          <>
            {hasMore && oldest && Date.parse(oldest) > fromMs
              ? <Note tone="caution">{trendsText.onlySince(formatMoment(oldest))}</Note>
              : null}
            <Card title={trendsText.fleet} actions={choice}>
              <FleetChart
                isComplete={isComplete}
                operations={rows}
                hours={HOURS[period]}
              />
            </Card>
            <Card title={trendsText.deploys}>
              <DeployTimes operations={rows} fromMs={fromMs} nowMs={nowMs} />
            </Card>
          </>
        );
      }}
    </Loaded>
  );
}

const WIDTH = 960;
const HEIGHT = 180;

function FleetChart(
  { isComplete, operations, hours }: {
    isComplete: boolean;
    operations: readonly PastOperation[];
    hours: number;
  },
) {
  const [at, setAt] = useState<number>();
  const { moments, counts } = useMemo(() => {
    const moments = momentsUntil(serverNowMs(), hours, POINTS);
    const machines = [...fleet.get().machines.values()];
    return { moments, counts: fleetHistory(machines, operations, moments) };
  }, [hours, operations, isComplete]);
  const most = Math.max(...counts.map((row) => sumOf(row, BANDS)));
  if (most === 0) return <p class="muted">{trendsText.noFleet}</p>;
  const shown = at ?? POINTS - 1;
  const row = counts[shown];
  const x = (point: number) => ((WIDTH * point) / (POINTS - 1)).toFixed(1);
  const y = (count: number) => (HEIGHT - ((HEIGHT - 6) * count) / most).toFixed(1);
  return (
    <div class="trend">
      <div class="spread small">
        <ul class="legend">
          {BANDS.map((band) => (
            <li key={band}>
              <span class={`swatch band-${band}`} aria-hidden="true" />
              {trendsText.bands[band]} <span class="num">{formatCount(row?.[band] ?? 0)}</span>
            </li>
          ))}
        </ul>
        <span class="muted num">{formatMoment(moments[shown] ?? 0)}</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${trendsText.fleet}: ${
          BANDS.map((band) => `${trendsText.bands[band]} ${counts.at(-1)?.[band] ?? 0}`).join(", ")
        }`}
        onPointerMove={({ currentTarget, clientX }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          const point = Math.round(((clientX - left) / width) * (POINTS - 1));
          setAt(Math.max(0, Math.min(POINTS - 1, point)));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        {BANDS.map((band, i) => {
          const below = BANDS.slice(0, i);
          const top = counts.map((row, p) => `${x(p)} ${y(sumOf(row, below) + row[band])}`);
          const bottom = counts.map((row, p) => `${x(p)} ${y(sumOf(row, below))}`).toReversed();
          return (
            <path key={band} class={`band-${band}`} d={`M${[...top, ...bottom].join("L")}Z`} />
          );
        })}
        {at === undefined ? null : <line class="now" x1={x(at)} x2={x(at)} y1="0" y2={HEIGHT} />}
      </svg>
      <p class="faint small">{trendsText.fleetHint}</p>
    </div>
  );
}

function sumOf(row: Record<Band, number>, bands: readonly Band[]): number {
  return bands.reduce((sum, band) => sum + row[band], 0);
}
