import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useLocation, useSearchParams } from "wouter-preact";
import { api } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { type Fleet, fleet, type FleetMachine, followFleet } from "../../fleet/fleet.ts";
import {
  type FleetQuery,
  NOBODY,
  type Sort,
  sortFleet,
  viewFleet,
} from "../../fleet/fleet_view.ts";
import { formatAddress, parseAddress } from "../../fleet/view_address.ts";
import { paths } from "../../paths.ts";
import { machinesText } from "../../strings/machines.ts";
import { Button } from "../../ui/Button.tsx";
import { useCommands } from "../../ui/commands.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { formatCount } from "../../ui/format.ts";
import { Page } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { useShortcuts } from "../../ui/shortcuts.ts";
import { AddMachineDialog } from "./AddMachineDialog.tsx";
import { BulkBar } from "./BulkBar.tsx";
import { COLUMN_ORDER, type ColumnKey, USUAL_COLUMNS } from "./Columns.tsx";
import { FilterBar } from "./FilterBar.tsx";
import { FleetTable } from "./FleetTable.tsx";
import { StatusBar } from "./StatusBar.tsx";

/** The whole fleet: find machines, see what they do, act on many. */
export default function MachinesPage() {
  const [, navigate] = useLocation();
  const [search, setSearch] = useSearchParams();
  const now = useStore(fleet);
  useEffect(followFleet, []);
  const isOperator = useStore(session, (it) => mayAct("operator", it));
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const siteNames = useSiteNames();
  const [query, change] = useQuery(search, setSearch);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const sorted = useSorted(now, query);
  const view = useMemo(() => viewFleet(sorted, query, closed), [sorted, query, closed]);
  const [columns, setColumns] = useColumns(search, setSearch);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string | undefined>(undefined);
  const [cursor, setCursor] = useState(-1);
  const [isAdding, setAdding] = useState(false);
  const searchBox = useRef<HTMLInputElement>(null);

  const open = (machine: FleetMachine) => navigate(paths.machine(machine.systemId));
  const at = view.rows[Math.min(cursor, view.rows.length - 1)];
  const step = (by: number) =>
    setCursor((row) => Math.max(0, Math.min(view.rows.length - 1, row + by)));
  const toggleGroup = (value: string) => setClosed((before) => toggled(before, value));
  const select = (machine: FleetMachine, isRange: boolean) => {
    const range = isRange ? between(view.machines, anchor.current, machine) : undefined;
    anchor.current = machine.systemId;
    setSelected((before) =>
      range
        ? new Set([...before, ...range.map(({ systemId }) => systemId)])
        : toggled(before, machine.systemId)
    );
  };
  const selectAll = () =>
    setSelected((before) =>
      before.size > 0 ? new Set() : new Set(view.machines.map(({ systemId }) => systemId))
    );
  const selectedMachines = useMemo(
    () => [...selected].flatMap((systemId) => now.machines.get(systemId) ?? []),
    [selected, now.revision],
  );

  useShortcuts([
    { keys: "/", label: machinesText.keySearch, run: () => searchBox.current?.focus() },
    { keys: "j", label: machinesText.keyDown, run: () => step(1) },
    { keys: "k", label: machinesText.keyUp, run: () => step(-1) },
    { keys: "ArrowDown", label: machinesText.keyDown, run: () => step(1) },
    { keys: "ArrowUp", label: machinesText.keyUp, run: () => step(-1) },
    {
      keys: "Enter",
      label: machinesText.keyOpen,
      run: () => {
        if (at?.kind === "machine") open(at.machine);
        if (at?.kind === "group") toggleGroup(at.value);
      },
    },
    ...(isOperator
      ? [
        {
          keys: "x",
          label: machinesText.keySelect,
          run: () => at?.kind === "machine" && select(at.machine, false),
        },
        { keys: "mod+a", label: machinesText.keyAll, run: selectAll },
        { keys: "Escape", label: machinesText.keyClear, run: () => setSelected(new Set()) },
      ]
      : []),
  ]);
  useCommands(
    isAdmin ? [{ label: machinesText.add, icon: "plus", run: () => setAdding(true) }] : [],
  );

  const siteName = (siteId: string) => siteNames.get(siteId) ?? siteId;
  const context = useMemo(() => ({ siteName }), [siteNames]);
  const nameOf = (facet: string | undefined, value: string) =>
    facet === "site"
      ? siteName(value)
      : facet === "owner" && value === NOBODY
      ? machinesText.nobody
      : value === ""
      ? machinesText.untagged
      : value;
  const all = now.machines.size;
  return (
    <div class="grow">
      <PageFrame
        lead={<Count all={all} shown={view.machines.length} isComplete={now.isComplete} />}
        actions={isAdmin
          ? <Button icon="plus" onClick={() => setAdding(true)}>{machinesText.add}</Button>
          : null}
      >
        {now.error !== undefined ? <Unread error={now.error} /> : null}
        {all === 0 && now.isComplete
          ? <Nothing hasSites={siteNames.size > 0} isAdmin={isAdmin} />
          : (
            <>
              <StatusBar machines={now} query={query} onChange={change} />
              <FilterBar
                fleet={now}
                query={query}
                nameOf={nameOf}
                searchBox={searchBox}
                columns={columns}
                onColumns={setColumns}
                onChange={change}
                onLeave={() => {
                  searchBox.current?.blur();
                  setCursor(0);
                }}
              />
              <div class="fleet-card">
                {all === 0
                  ? <Waiting />
                  : view.rows.length === 0
                  ? (
                    <EmptyState icon="filter" title={machinesText.noneTitle}>
                      {machinesText.noneText}
                    </EmptyState>
                  )
                  : (
                    <FleetTable
                      rows={view.rows}
                      columns={columns}
                      context={context}
                      sort={query.sort}
                      isDescending={query.isDescending}
                      selected={selected}
                      closed={closed}
                      cursor={cursor}
                      mayAct={isOperator}
                      groupName={(value) => nameOf(query.groupBy, value)}
                      onSort={(sort: Sort) =>
                        change({
                          ...query,
                          sort,
                          isDescending: query.sort === sort && !query.isDescending,
                        })}
                      onSelect={select}
                      onSelectAll={selectAll}
                      onCursor={setCursor}
                      onOpen={open}
                      onToggleGroup={toggleGroup}
                    />
                  )}
                {selectedMachines.length > 0
                  ? <BulkBar machines={selectedMachines} onClear={() => setSelected(new Set())} />
                  : null}
              </div>
            </>
          )}
      </PageFrame>
      {isAdding ? <AddMachineDialog onClose={() => setAdding(false)} /> : null}
    </div>
  );
}

function PageFrame({ children, ...props }: Omit<Parameters<typeof Page>[0], "title">) {
  return <Page title={machinesText.title} class="machines-page" {...props}>{children}</Page>;
}

function Count(
  { all, shown, isComplete }: { all: number; shown: number; isComplete: boolean },
) {
  if (!isComplete) return <>{machinesText.reading(formatCount(all))}</>;
  if (all === shown) return <span class="num">{formatCount(all)}</span>;
  return <span class="num">{machinesText.shown(formatCount(shown), formatCount(all))}</span>;
}

function Nothing({ hasSites, isAdmin }: { hasSites: boolean; isAdmin: boolean }) {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon="machines"
      title={machinesText.emptyTitle}
      actions={isAdmin
        ? (
          <Button kind="primary" onClick={() => navigate(paths.start)}>
            {machinesText.setUpSite}
          </Button>
        )
        : null}
    >
      {hasSites ? machinesText.emptyText : machinesText.emptyNoSite}
    </EmptyState>
  );
}

function useSiteNames(): ReadonlyMap<string, string> {
  const { data } = useApi("/sites", { query: { limit: 200 } });
  return useMemo(() => new Map((data?.sites ?? []).map(({ id, name }) => [id, name])), [data]);
}

type SetSearch = (next: URLSearchParams, options: { replace: boolean }) => void;

/** Browsers refuse a page that writes its address at every letter. */
const WRITE_ADDRESS_MS = 250;

/** What is asked for: at once for the list, and a moment later in the address. */
function useQuery(
  search: URLSearchParams,
  setSearch: SetSearch,
): [FleetQuery, (next: FleetQuery) => void] {
  const address = search.toString();
  const [asked, setAsked] = useState(() => parseAddress(search));
  const written = useRef(address);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    // Not by us: somebody went back, or followed a link to here.
    if (address !== written.current) setAsked(parseAddress(new URLSearchParams(address)));
    written.current = address;
  }, [address]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const alsoIds = useIdsByAddress(asked.text);
  const query = useMemo(() => ({ ...asked, alsoIds }), [asked, alsoIds]);
  return [query, (next) => {
    setAsked(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const search = formatAddress(next, new URLSearchParams(location.search));
      written.current = search.toString();
      setSearch(search, { replace: true });
    }, WRITE_ADDRESS_MS);
  }];
}

/** All machines in order: sorted anew from the order of before when the fleet changed. */
function useSorted(
  { machines, revision }: Fleet,
  { sort, isDescending }: FleetQuery,
): readonly FleetMachine[] {
  const before = useRef<readonly FleetMachine[]>([]);
  return useMemo(() => {
    const kept = before.current.flatMap(({ systemId }) => machines.get(systemId) ?? []);
    const added = kept.length === machines.size ? [] : addedSince(before.current, machines);
    before.current = sortFleet([...kept, ...added], { sort, isDescending });
    return before.current;
  }, [revision, sort, isDescending]);
}

function addedSince(
  before: readonly FleetMachine[],
  machines: ReadonlyMap<string, FleetMachine>,
): FleetMachine[] {
  const known = new Set(before.map(({ systemId }) => systemId));
  return [...machines.values()].filter(({ systemId }) => !known.has(systemId));
}

const COLUMNS_KEY = "rackwright.machines.columns";

/** As the address says, so that a link shows the same; else as the reader had them last. */
function useColumns(
  search: URLSearchParams,
  setSearch: SetSearch,
): [readonly ColumnKey[], (next: readonly ColumnKey[]) => void] {
  const text = search.get("cols") ?? localStorage.getItem(COLUMNS_KEY) ?? "";
  const columns = useMemo(() => {
    const wanted = text.split(",");
    const known = COLUMN_ORDER.filter((key) => wanted.includes(key));
    return known.length > 0 ? known : USUAL_COLUMNS;
  }, [text]);
  return [columns, (next) => {
    localStorage.setItem(COLUMNS_KEY, next.join(","));
    const changed = new URLSearchParams(location.search);
    if (next.join() === USUAL_COLUMNS.join()) changed.delete("cols");
    else changed.set("cols", next.join(","));
    setSearch(changed, { replace: true });
  }];
}

const LOOK_UP_MS = 200;

/** Addresses are not in the list: the region knows which machine holds one. */
function useIdsByAddress(text: string): ReadonlySet<string> | undefined {
  const [ids, setIds] = useState<ReadonlySet<string>>();
  useEffect(() => {
    setIds(undefined);
    if (!/^(\d{1,3}\.[\d.]*|[0-9a-f]{0,4}:[0-9a-f:]+)$/i.test(text.trim())) return;
    const left = new AbortController();
    const timer = setTimeout(() => {
      api.get("/machines", {
        query: { q: text.trim(), limit: 200, fields: "systemId" },
        signal: left.signal,
      }).then(
        ({ machines }) => setIds(new Set(machines.map(({ systemId }) => systemId))),
        () => {}, // what is typed next asks again
      );
    }, LOOK_UP_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [text]);
  return ids;
}

function toggled(set: ReadonlySet<string>, value: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}

/** The machines from one to the other, both included. */
function between(
  machines: readonly FleetMachine[],
  from: string | undefined,
  to: FleetMachine,
): readonly FleetMachine[] | undefined {
  const a = machines.findIndex(({ systemId }) => systemId === from);
  const b = machines.indexOf(to);
  return a < 0 || b < 0 ? undefined : machines.slice(Math.min(a, b), Math.max(a, b) + 1);
}
