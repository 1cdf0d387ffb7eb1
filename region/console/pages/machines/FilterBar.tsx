import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import type { Fleet } from "../../fleet/fleet.ts";
import { countValues, type Facet, FACETS, type FleetQuery } from "../../fleet/fleet_view.ts";
import { toggleFilter } from "../../fleet/view_address.ts";
import { COLUMN_NAMES, FACET_NAMES, machinesText } from "../../strings/machines.ts";
import { Button } from "../../ui/Button.tsx";
import { formatCount } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { COLUMN_ORDER, type ColumnKey } from "./Columns.tsx";

export interface FilterBarProps {
  readonly fleet: Fleet;
  readonly query: FleetQuery;
  readonly nameOf: (facet: Facet, value: string) => string;
  readonly searchBox: RefObject<HTMLInputElement | null>;
  readonly columns: readonly ColumnKey[];
  readonly onColumns: (next: readonly ColumnKey[]) => void;
  readonly onChange: (next: FleetQuery) => void;
  /** Done with the search: on to the list. */
  readonly onLeave: () => void;
}

const VALUES_SHOWN_MAX = 100;

/** Search, filters as chips, grouping and columns. */
export function FilterBar(props: FilterBarProps) {
  const { query, nameOf, searchBox, columns, onColumns, onChange, onLeave } = props;
  const chips = FACETS.filter((facet) => facet !== "status").flatMap((facet) =>
    (query.filters[facet] ?? []).map((value) => ({ facet, value }))
  );
  const isFiltered = query.text !== "" || FACETS.some((facet) => query.filters[facet]);
  return (
    <div class="toolbar">
      <div class="search-box" role="search">
        <Icon name="search" />
        <input
          ref={searchBox}
          class="input"
          type="text"
          aria-label={machinesText.searchName}
          placeholder={machinesText.search}
          value={query.text}
          onInput={({ currentTarget }) => onChange({ ...query, text: currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Escape" && event.key !== "Enter") return;
            event.preventDefault();
            event.stopPropagation();
            onLeave();
          }}
        />
      </div>
      <FacetMenu {...props} />
      {chips.map(({ facet, value }) => {
        const name = `${FACET_NAMES[facet]}: ${nameOf(facet, value)}`;
        return (
          <span key={`${facet} ${value}`} class="chip on">
            {name}
            <button
              type="button"
              aria-label={machinesText.removeFilter(name)}
              onClick={() => onChange(toggleFilter(query, facet, value))}
            >
              <Icon name="close" />
            </button>
          </span>
        );
      })}
      {isFiltered
        ? (
          <Button
            kind="quiet"
            isSmall
            onClick={() => onChange({ ...query, text: "", filters: {} })}
          >
            {machinesText.clear}
          </Button>
        )
        : null}
      <span class="grow" />
      <MenuButton
        isSmall
        icon="down"
        items={[
          {
            kind: "radio",
            label: machinesText.noGroup,
            isOn: query.groupBy === undefined,
            run: () => onChange({ ...query, groupBy: undefined }),
          },
          ...FACETS.map((facet): MenuItem => ({
            kind: "radio",
            label: FACET_NAMES[facet],
            isOn: query.groupBy === facet,
            run: () => onChange({ ...query, groupBy: facet }),
          })),
        ]}
      >
        {query.groupBy
          ? `${machinesText.group}: ${FACET_NAMES[query.groupBy]}`
          : machinesText.group}
      </MenuButton>
      <MenuButton
        isSmall
        icon="columns"
        items={COLUMN_ORDER.filter((key) => key !== "hostname").map((key): MenuItem => ({
          kind: "check",
          label: COLUMN_NAMES[key],
          isOn: columns.includes(key),
          run: () =>
            onColumns(
              COLUMN_ORDER.filter((each) =>
                each === key ? !columns.includes(key) : columns.includes(each)
              ),
            ),
        }))}
      >
        {machinesText.columns}
      </MenuButton>
    </div>
  );
}

/** First what to filter by, then which value: with how many machines each would show. */
function FacetMenu({ fleet, query, nameOf, onChange }: FilterBarProps) {
  const [facet, setFacet] = useState<Facet>("site");
  const items = (): MenuItem[] => {
    const counts = [...countValues(fleet.machines.values(), query, facet)]
      .sort(([, a], [, b]) => b - a).slice(0, VALUES_SHOWN_MAX);
    return [
      { kind: "title", label: machinesText.filter },
      ...FACETS.map((each): MenuItem => ({
        kind: "check",
        label: FACET_NAMES[each],
        isOn: each === facet,
        run: () => setFacet(each),
      })),
      { kind: "line" },
      { kind: "title", label: FACET_NAMES[facet] },
      ...counts.map(([value, count]): MenuItem => ({
        kind: "check",
        label: `${nameOf(facet, value)} (${formatCount(count)})`,
        isOn: (query.filters[facet] ?? []).includes(value),
        run: () => onChange(toggleFilter(query, facet, value)),
      })),
    ];
  };
  return <MenuButton isSmall icon="filter" items={items}>{machinesText.filter}</MenuButton>;
}
