import { useRef, useState } from "preact/hooks";
import { subnetText } from "../../strings/networks.ts";
import { formatCount } from "../../ui/format.ts";
import {
  type Cell,
  moveBy,
  overlaps,
  sharesOf,
  shortLabel,
  type Span,
  spanBetween,
} from "./address_grid.ts";

const COLUMNS = 16;

/**
 * Up to 256 cells, to look at and to select from: by dragging, or by arrows with Shift. Dragging an
 * end of what is selected moves that end.
 */
export function AddressMap(
  { label, cells, selection, isSelectable, onSelect, onOpen }: {
    label: string;
    cells: readonly Cell[];
    selection: Span | undefined;
    /** More than one. */
    isSelectable: boolean;
    onSelect: (span: Span) => void;
    onOpen: (cell: Cell) => void;
  },
) {
  const grid = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState(0);
  /** Where the selection began, whose other end is moved. */
  const anchor = useRef<Span | undefined>(undefined);
  const isDragging = useRef(false);

  const selectTo = (at: number, isExtending: boolean) => {
    const cell = cells[at];
    if (!cell) return;
    setCursor(at);
    if (!isExtending || !isSelectable) anchor.current = cell;
    onSelect(spanBetween(anchor.current ?? cell, cell));
  };
  const grab = (at: number, hasShift: boolean) => {
    const cell = cells[at];
    if (!cell) return;
    const end = hasShift ? undefined : otherEnd(cell, selection);
    if (end && isSelectable) {
      anchor.current = end;
      setCursor(at);
    } else selectTo(at, hasShift);
  };
  return (
    <div
      ref={grid}
      class={isSelectable ? "address-map selectable" : "address-map"}
      role="listbox"
      aria-label={label}
      aria-multiselectable={isSelectable}
      onPointerDown={(event) => {
        const at = cellAt(event);
        if (at === undefined || event.button !== 0) return;
        isDragging.current = isSelectable;
        grab(at, event.shiftKey);
      }}
      onPointerMove={(event) => {
        if (!isDragging.current) return;
        if (event.buttons === 0) isDragging.current = false;
        const at = cellAt(event);
        if (at !== undefined && at !== cursor) selectTo(at, true);
      }}
      onPointerUp={() => isDragging.current = false}
      onDblClick={(event) => {
        const cell = cells[cellAt(event) ?? -1];
        if (cell) onOpen(cell);
      }}
      onKeyDown={(event) => {
        const cell = cells[cursor];
        if (event.key === "Enter" && cell) {
          event.preventDefault();
          return onOpen(cell);
        }
        if (event.key === " ") {
          event.preventDefault();
          return selectTo(cursor, event.shiftKey);
        }
        if (!/^(Arrow|Home|End)/.test(event.key)) return;
        event.preventDefault();
        const to = moveBy(cursor, event.key, COLUMNS, cells.length);
        // At an end of what is selected, wherever that came from: that end is moved.
        if (event.shiftKey && cell) anchor.current = otherEnd(cell, selection) ?? anchor.current;
        selectTo(to, event.shiftKey);
        grid.current?.querySelector<HTMLElement>(`[data-at="${to}"]`)?.focus();
      }}
    >
      {cells.map((cell, i) => {
        const isSelected = selection !== undefined && overlaps(cell, selection);
        return (
          <div
            key={String(cell.first)}
            data-at={i}
            role="option"
            tabIndex={i === cursor ? 0 : -1}
            aria-selected={isSelected}
            aria-label={nameOf(cell)}
            title={nameOf(cell)}
            class={cell.kind === "address" ? `cell use-${cell.use}` : "cell block"}
            onFocus={() => setCursor(i)}
          >
            {cell.kind === "block" ? <Shares cell={cell} /> : null}
            <span aria-hidden="true">{shortLabel(cell)}</span>
          </div>
        );
      })}
    </div>
  );
}

/** The end of a selection that stays when the one in this cell is moved; undefined: it is no end. */
function otherEnd(cell: Span, selection: Span | undefined): Span | undefined {
  if (selection === undefined || selection.first === selection.last) return undefined;
  const [first, last] = [
    { first: selection.first, last: selection.first },
    { first: selection.last, last: selection.last },
  ];
  const [isFirst, isLast] = [overlaps(cell, first), overlaps(cell, last)];
  if (isFirst === isLast) return undefined; // no end, or all of it
  return isLast ? first : last;
}

/** How much of a block is in ranges, and in use. */
function Shares({ cell }: { cell: Cell & { kind: "block" } }) {
  const { dynamic, reserved, used } = sharesOf(cell.block);
  return (
    <>
      <span class="share dynamic" style={{ width: `${dynamic}%` }} />
      <span class="share reserved" style={{ left: `${dynamic}%`, width: `${reserved}%` }} />
      <span class="share used" style={{ width: used > 0 ? `max(3px, ${used}%)` : "0" }} />
    </>
  );
}

export function nameOf(cell: Cell): string {
  if (cell.kind === "block") {
    const { cidr, promised, leased, total } = cell.block;
    return subnetText.blockOf(cidr, formatCount(promised + leased), formatCount(total));
  }
  const { ip, hostname, mac } = cell.address;
  return subnetText.addressOf(ip, subnetText.uses[cell.use], hostname ?? mac ?? "");
}

/** The cell below the pointer, also one that another cell has captured it from. */
function cellAt({ clientX, clientY }: MouseEvent): number | undefined {
  const cell = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>("[data-at]");
  return cell?.dataset.at === undefined ? undefined : Number(cell.dataset.at);
}
