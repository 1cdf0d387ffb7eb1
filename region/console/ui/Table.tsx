import type { ComponentChildren } from "preact";

export interface Column<T> {
  readonly key: string;
  readonly title: ComponentChildren;
  readonly cell: (row: T) => ComponentChildren;
  readonly isRight?: boolean;
}

/** A table of some dozens of rows; the first cell of a row names it. */
export function Table<T>(
  { columns, rows, keyOf, label, onOpen }: {
    columns: readonly Column<T>[];
    rows: readonly T[];
    keyOf: (row: T) => string | number;
    /** What the table is of, for screen readers. */
    label: string;
    /** The whole row leads somewhere; a link in it must lead there too, for keys. */
    onOpen?: (row: T) => void;
  },
) {
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={label}>
      <table class="table">
        <thead>
          <tr>
            {columns.map(({ key, title, isRight }) => (
              // A column of buttons has no name: each says itself what it does.
              title === ""
                ? <td key={key} />
                : <th key={key} scope="col" class={isRight ? "right" : undefined}>{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              class={onOpen ? "opens" : undefined}
              onClick={(event) => {
                // A link or button in the row does what it does.
                const isOwn = (event.target as Element).closest("a, button, input, label"); // a click is on an element
                if (!isOwn && getSelection()?.isCollapsed !== false) onOpen?.(row);
              }}
            >
              {columns.map(({ key, cell, isRight }) => (
                <td key={key} class={isRight ? "right num" : undefined}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
