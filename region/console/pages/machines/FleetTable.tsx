import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FleetMachine } from "../../fleet/fleet.ts";
import type { FleetRow, Sort } from "../../fleet/fleet_view.ts";
import { COLUMN_NAMES, machinesText } from "../../strings/machines.ts";
import { formatCount } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { type ColumnContext, type ColumnKey, COLUMNS } from "./Columns.tsx";

export interface FleetTableProps {
  readonly rows: readonly FleetRow[];
  readonly columns: readonly ColumnKey[];
  readonly context: ColumnContext;
  readonly sort: Sort;
  readonly isDescending: boolean;
  readonly selected: ReadonlySet<string>;
  readonly closed: ReadonlySet<string>;
  /** The place of the row that keys act on. */
  readonly cursor: number;
  readonly mayAct: boolean;
  readonly groupName: (value: string) => string;
  readonly onSort: (sort: Sort) => void;
  readonly onSelect: (machine: FleetMachine, isRange: boolean) => void;
  readonly onSelectAll: () => void;
  readonly onCursor: (index: number) => void;
  readonly onOpen: (machine: FleetMachine) => void;
  readonly onToggleGroup: (value: string) => void;
}

/** Rows drawn above and below what is seen, so that quick scrolling shows no gaps. */
const SPARE_ROWS = 6;

/** Draws the rows that are seen, and no others: twenty thousand cost what forty do. */
export function FleetTable(props: FleetTableProps) {
  const { rows, columns, cursor, selected, mayAct } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last, rowPx } = useVisible(scroller, rows.length);
  useEffect(() => scrollTo(scroller.current, cursor, rowPx), [cursor]);
  const layout = useMemo(() => layoutOf(columns, mayAct), [columns, mayAct]);
  const latest = useRef(props);
  latest.current = props;
  const drawn = useRef(new Map<number, DrawnRow>());
  const slots = last - first;
  return (
    <div
      ref={scroller}
      class="fleet"
      role="grid"
      aria-label={machinesText.table}
      aria-rowcount={rows.length + 1}
      aria-multiselectable={mayAct || undefined}
      aria-activedescendant={cursor >= first && cursor < last ? `fleet-${cursor}` : undefined}
      tabIndex={0}
      style={layout}
    >
      <Head {...props} />
      <div role="rowgroup" class="fleet-rows" style={{ height: `${rows.length * rowPx}px` }}>
        {rows.slice(first, last).map((row, i) => {
          const index = first + i;
          return drawRow(drawn.current, {
            row,
            index,
            // A row that leaves at the top comes in at the bottom: its elements are used again.
            slot: index % slots,
            topPx: index * rowPx,
            isCursor: index === cursor,
            isSelected: row.kind === "machine" && selected.has(row.machine.systemId),
            isClosed: row.kind === "group" && props.closed.has(row.value),
            columns,
            mayAct,
            siteNames: props.context,
            latest,
          });
        })}
      </div>
    </div>
  );
}

const CHECK_PX = 36;
/** Left and right of a row. */
const EDGES_PX = 32;

/** Rows are out of the flow, so nothing but these numbers keeps them as wide as the head. */
function layoutOf(columns: readonly ColumnKey[], hasCheck: boolean) {
  const shown = columns.map((key) => COLUMNS[key]);
  const first = hasCheck ? [`${CHECK_PX}px`] : [];
  const tracks = shown.map(({ px, share }) => share ? `minmax(${px}px, ${share}fr)` : `${px}px`);
  const widthPx = shown.reduce((sum, { px }) => sum + px, EDGES_PX + (hasCheck ? CHECK_PX : 0));
  return { "--cols": [...first, ...tracks].join(" "), "--width": `${widthPx}px` };
}

function Head(props: FleetTableProps) {
  const { columns, sort, isDescending, onSort, mayAct, selected, onSelectAll } = props;
  return (
    <div role="rowgroup" class="fleet-head">
      <div role="row" class="fleet-row" aria-rowindex={1}>
        {mayAct
          ? (
            <div role="columnheader">
              <input
                type="checkbox"
                tabIndex={-1}
                aria-label={machinesText.selectAll}
                checked={selected.size > 0}
                onChange={onSelectAll}
              />
            </div>
          )
          : null}
        {columns.map((key) => {
          const column = COLUMNS[key];
          const isSorted = column.sort === sort;
          return (
            <div
              key={key}
              role="columnheader"
              class={column.isRight ? "right" : undefined}
              aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}
            >
              {column.sort
                ? (
                  <button type="button" onClick={() => column.sort && onSort(column.sort)}>
                    {COLUMN_NAMES[key]}
                    {isSorted ? <Icon name={isDescending ? "down" : "up"} /> : null}
                  </button>
                )
                : COLUMN_NAMES[key]}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: FleetRow;
  readonly index: number;
  readonly slot: number;
  readonly topPx: number;
  readonly isCursor: boolean;
  readonly isSelected: boolean;
  readonly isClosed: boolean;
  readonly columns: readonly ColumnKey[];
  readonly mayAct: boolean;
  readonly siteNames: ColumnContext;
  /** What is done with a row, as the page has it by then. */
  readonly latest: { readonly current: FleetTableProps };
}

interface DrawnRow {
  readonly props: RowProps;
  readonly node: VNode;
}

/** A row that is as it was is not drawn again: the same node is given, which ends the comparing. */
function drawRow(drawn: Map<number, DrawnRow>, props: RowProps): VNode {
  const before = drawn.get(props.slot);
  if (before && isSame(before.props, props)) return before.node;
  const node = <Row key={props.slot} {...props} />;
  drawn.set(props.slot, { props, node });
  return node;
}

function isSame(a: RowProps, b: RowProps): boolean {
  const isSameRow = a.row.kind === "machine" && b.row.kind === "machine"
    ? a.row.machine === b.row.machine
    : a.row === b.row;
  return isSameRow && a.index === b.index && a.topPx === b.topPx && a.isCursor === b.isCursor &&
    a.isSelected === b.isSelected && a.isClosed === b.isClosed && a.columns === b.columns &&
    a.mayAct === b.mayAct && a.siteNames === b.siteNames;
}

function Row(props: RowProps) {
  const { row, index, topPx, isCursor, isSelected, isClosed, columns, mayAct, latest } = props;
  const place = { transform: `translateY(${topPx}px)` };
  if (row.kind === "group") {
    return (
      <div
        role="row"
        id={`fleet-${index}`}
        class={isCursor ? "fleet-group cursor" : "fleet-group"}
        aria-rowindex={index + 2}
        aria-expanded={!isClosed}
        style={place}
        onClick={() => latest.current.onToggleGroup(row.value)}
      >
        <div role="gridcell" class="row">
          <Icon name={isClosed ? "right" : "down"} />
          <span>{latest.current.groupName(row.value)}</span>
          <span class="faint num">{formatCount(row.count)}</span>
        </div>
      </div>
    );
  }
  const { machine } = row;
  const classes = ["fleet-row", isCursor ? "cursor" : "", isSelected ? "selected" : ""];
  return (
    <div
      role="row"
      id={`fleet-${index}`}
      class={classes.filter(Boolean).join(" ")}
      aria-rowindex={index + 2}
      aria-selected={mayAct ? isSelected : undefined}
      style={place}
      onClick={(event) => {
        if ((event.target as Element).closest("a, input")) return; // a click is on an element
        if (mayAct && (event.shiftKey || event.ctrlKey || event.metaKey)) {
          return latest.current.onSelect(machine, event.shiftKey);
        }
        latest.current.onCursor(index);
        latest.current.onOpen(machine);
      }}
    >
      {mayAct
        ? (
          <div role="gridcell">
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={machinesText.select(machine.hostname)}
              checked={isSelected}
              onClick={(event) => latest.current.onSelect(machine, event.shiftKey)}
            />
          </div>
        )
        : null}
      {columns.map((key) => {
        const { isRight, cell } = COLUMNS[key];
        return (
          <div key={key} role="gridcell" class={isRight ? "right num" : undefined}>
            {cell(machine, props.siteNames)}
          </div>
        );
      })}
    </div>
  );
}

/** Where the list was scrolled to, for whoever comes back from a machine. */
const kept = { search: "", top: 0 };

/** Which rows are on the screen. */
function useVisible(scroller: { current: HTMLDivElement | null }, count: number) {
  const [seen, setSeen] = useState({ top: 0, height: 800, rowPx: 36 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      Object.assign(kept, { search: location.search, top: element.scrollTop });
      const rowPx = parseFloat(getComputedStyle(element).getPropertyValue("--row")) || 36;
      setSeen((before) => {
        const now = { top: element.scrollTop, height: element.clientHeight, rowPx };
        const isSame = now.top === before.top && now.height === before.height &&
          now.rowPx === before.rowPx;
        return isSame ? before : now;
      });
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    if (kept.search === location.search) element.scrollTop = kept.top;
    look();
    element.addEventListener("scroll", soon, { passive: true });
    const resized = new ResizeObserver(soon);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", soon);
      resized.disconnect();
      cancelAnimationFrame(frame);
    };
  }, []);
  const top = Math.min(seen.top, Math.max(0, count * seen.rowPx - seen.height));
  const first = Math.max(0, Math.floor(top / seen.rowPx) - SPARE_ROWS);
  const last = Math.min(count, Math.ceil((top + seen.height) / seen.rowPx) + SPARE_ROWS);
  return { first, last, rowPx: seen.rowPx };
}

/** Moves no further than needed to show the row below the head. */
function scrollTo(element: HTMLDivElement | null, index: number, rowPx: number): void {
  if (!element || index < 0) return;
  const headPx = element.querySelector<HTMLElement>(".fleet-head")?.offsetHeight ?? 0;
  const top = index * rowPx;
  if (top < element.scrollTop) element.scrollTop = top;
  const bottom = top + rowPx + headPx - element.clientHeight;
  if (bottom > element.scrollTop) element.scrollTop = bottom;
}
