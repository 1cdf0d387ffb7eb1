import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { OPERATION_KINDS } from "@/shared/machine/lifecycle.ts";
import type { Operation } from "../../api/machine_actions.ts";
import { usePages } from "../../api/every_page.ts";
import { useApi } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { activityText } from "../../strings/activity.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { formatDuration } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { Table } from "../../ui/Table.tsx";
import { Elapsed, TimeAgo } from "../../ui/Time.tsx";
import { useFilters } from "./activity_query.ts";
import { FilterSelect } from "./FilterSelect.tsx";
import { SiteFilter } from "./SiteFilter.tsx";

const PAGE = 50;
const TONES = { running: "busy", done: "good", failed: "bad", aborted: "idle" } as const;

/** Operations, newest first: those that run move by themselves. */
export function OperationsTab() {
  const filters = useFilters();
  const [pages, setPages] = useState(1);
  const [state, kind, siteId] = [filters.get("state"), filters.get("kind"), filters.get("site")];
  const operations = usePages("/operations", "operations", {
    query: {
      state: state || undefined,
      kind: kind || undefined,
      siteId: siteId || undefined,
      limit: PAGE,
    },
    pages,
  });
  const names = useHostnames(operations.data?.rows ?? []);
  return (
    <>
      <div class="filters">
        <FilterSelect
          label={activityText.state}
          value={state}
          options={[
            { value: "", label: activityText.allStates },
            ...Object.entries(activityText.states).map(([value, label]) => ({ value, label })),
          ]}
          onChange={(value) => filters.set("state", value)}
        />
        <FilterSelect
          label={activityText.kind}
          value={kind}
          options={[
            { value: "", label: activityText.allKinds },
            ...OPERATION_KINDS.map((each) => ({ value: each, label: spellKind(each) })),
          ]}
          onChange={(value) => filters.set("kind", value)}
        />
        <SiteFilter value={siteId} onChange={(value) => filters.set("site", value)} />
      </div>
      <Card isBare>
        <Loaded read={operations} isInCard>
          {({ rows, hasMore }) =>
            rows.length === 0
              ? <NoOperations isFiltered={filters.isAny} onClear={filters.clear} />
              : (
                <>
                  <OperationTable rows={rows} names={names} />
                  {hasMore
                    ? (
                      <div class="card-body">
                        <Button isSmall onClick={() => setPages(pages + 1)}>
                          {activityText.older}
                        </Button>
                      </div>
                    )
                    : null}
                </>
              )}
        </Loaded>
      </Card>
    </>
  );
}

function NoOperations({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  return isFiltered
    ? (
      <EmptyState
        icon="filter"
        title={activityText.noneFit}
        actions={<Button onClick={onClear}>{activityText.clear}</Button>}
      >
        {activityText.noneFitText}
      </EmptyState>
    )
    : (
      <EmptyState
        icon="activity"
        title={activityText.noOperationsTitle}
        actions={<Link class="button" href={paths.machines}>{activityText.toMachines}</Link>}
      >
        {activityText.noOperationsText}
      </EmptyState>
    );
}

function OperationTable(
  { rows, names }: { rows: readonly Operation[]; names: ReadonlyMap<string, string> },
) {
  return (
    <Table<Operation>
      label={activityText.operations}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          key: "kind",
          title: activityText.operation,
          cell: ({ kind }) => <strong class="nowrap">{spellKind(kind)}</strong>,
        },
        {
          key: "machine",
          title: activityText.machine,
          cell: ({ machine }) => (
            <Link href={paths.machine(machine)}>{names.get(machine) ?? machine}</Link>
          ),
        },
        {
          key: "state",
          title: activityText.state,
          cell: ({ state }) => (
            <span class={`status tone-${TONES[state]}`}>
              <Mark tone={TONES[state]} />
              {activityText.states[state]}
            </span>
          ),
        },
        {
          key: "why",
          title: activityText.phase,
          cell: ({ failure, phase, comment }) =>
            failure
              ? <span class="why-failed">{failure.message}</span>
              : <span class="muted">{phase?.replaceAll("_", " ") ?? comment}</span>,
        },
        {
          key: "asked",
          title: activityText.asked,
          cell: ({ askedAt }) => <TimeAgo at={askedAt} />,
        },
        {
          key: "took",
          title: activityText.took,
          isRight: true,
          cell: ({ askedAt, startedAt, endedAt, state }) =>
            endedAt !== null
              ? formatDuration(Date.parse(endedAt) - Date.parse(startedAt ?? askedAt))
              : state === "running"
              ? <Elapsed since={startedAt ?? askedAt} />
              : "",
        },
      ]}
    />
  );
}

/** As many as the filter `systemId` takes. */
const NAMES_MAX = 100;

/** Operations name machines by their ids; people know their names. */
function useHostnames(operations: readonly Operation[]): ReadonlyMap<string, string> {
  const ids = [...new Set(operations.map(({ machine }) => machine))].sort().slice(0, NAMES_MAX);
  const { data } = useApi("/machines", {
    query: { systemId: ids.join(","), fields: "systemId,hostname", limit: NAMES_MAX },
  }, { isEnabled: ids.length > 0 });
  return new Map(data?.machines.map(({ systemId, hostname }) => [systemId, hostname]));
}

function spellKind(kind: string): string {
  const text = kind.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
