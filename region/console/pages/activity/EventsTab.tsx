import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { usePages } from "../../api/every_page.ts";
import { paths } from "../../paths.ts";
import { activityText } from "../../strings/activity.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { useFilters } from "./activity_query.ts";
import { FilterSelect, FilterText } from "./FilterSelect.tsx";
import { SiteFilter } from "./SiteFilter.tsx";

type Event = OutputOf<"/events", "get">["events"][number];

const PAGE = 100;
const TONES = { info: "idle", warning: "caution", error: "bad" } as const;

/** What happened everywhere, the latest first. */
export function EventsTab() {
  const filters = useFilters();
  const [pages, setPages] = useState(1);
  const [level, code, siteId] = [filters.get("level"), filters.get("code"), filters.get("site")];
  const events = usePages("/events", "events", {
    query: {
      sort: "-id",
      level: level || undefined,
      code: code || undefined,
      siteId: siteId || undefined,
      limit: PAGE,
    },
    pages,
  });
  return (
    <>
      <div class="filters">
        <FilterSelect
          label={activityText.level}
          value={level}
          options={[
            { value: "", label: activityText.levels.info },
            { value: "warning", label: activityText.levels.warning },
            { value: "error", label: activityText.levels.error },
          ]}
          onChange={(value) => filters.set("level", value)}
        />
        <FilterText
          label={activityText.code}
          placeholder="machine.*"
          value={code}
          onChange={(value) => filters.set("code", value)}
        />
        <SiteFilter value={siteId} onChange={(value) => filters.set("site", value)} />
        <span class="faint small">{activityText.live}</span>
      </div>
      <Card>
        <Loaded read={events}>
          {({ rows, hasMore }) =>
            rows.length === 0
              ? (
                <EmptyState
                  icon="activity"
                  title={filters.isAny ? activityText.noneFit : activityText.noEvents}
                  actions={filters.isAny
                    ? <Button onClick={filters.clear}>{activityText.clear}</Button>
                    : null}
                />
              )
              : (
                <>
                  <ol class="events">
                    {rows.map((event) => <EventRow key={event.id} event={event} />)}
                  </ol>
                  {hasMore
                    ? (
                      <Button isSmall onClick={() => setPages(pages + 1)}>
                        {activityText.older}
                      </Button>
                    )
                    : null}
                </>
              )}
        </Loaded>
      </Card>
    </>
  );
}

function EventRow({ event: { at, level, code, message, machine } }: { event: Event }) {
  const tone = TONES[level];
  return (
    <li class={`event tone-${tone}`}>
      <Mark tone={tone} />
      <span class="event-code">
        <code>{code}</code>
      </span>
      <span class="grow">
        {message}
        {machine === null ? null : (
          <>
            {" "}
            <Link class="small" href={paths.machine(machine)}>{activityText.machine}</Link>
          </>
        )}
      </span>
      <span class="faint small">
        <TimeAgo at={at} />
      </span>
    </li>
  );
}
