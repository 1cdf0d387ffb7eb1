import { useApi } from "../api/queries.ts";
import type { OutputOf } from "../api/api_schema.ts";
import { Unread, Waiting } from "./ProblemNote.tsx";
import { Mark } from "./StatusBadge.tsx";
import { TimeAgo } from "./Time.tsx";

type Event = OutputOf<"/events", "get">["events"][number];

const TONES = { info: "idle", warning: "caution", error: "bad" } as const;
const SHOWN = 50;

export interface EventQuery {
  readonly machine?: string;
  readonly siteId?: string;
  readonly operationId?: string;
  readonly level?: "info" | "warning" | "error";
}

/** What happened, the latest first; new lines come by themselves. */
export function EventList(
  { query, empty, limit = SHOWN }: { query: EventQuery; empty: string; limit?: number },
) {
  const { data, error } = useApi("/events", { query: { ...query, sort: "-id", limit } });
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  if (data.events.length === 0) return <p class="muted">{empty}</p>;
  return (
    <ol class="events">
      {data.events.map((event) => <EventLine key={event.id} event={event} />)}
    </ol>
  );
}

export function EventLine({ event: { at, level, message, code } }: { event: Event }) {
  const tone = TONES[level];
  return (
    <li class={`event tone-${tone}`} title={code}>
      <Mark tone={tone} />
      <span class="grow">{message}</span>
      <span class="faint small">
        <TimeAgo at={at} />
      </span>
    </li>
  );
}
