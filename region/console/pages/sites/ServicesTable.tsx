import type { Observation } from "../../api/agent_observation.ts";
import { serviceText } from "../../strings/sites.ts";
import { formatBytes, formatCount } from "../../ui/format.ts";
import { Mark } from "../../ui/StatusBadge.tsx";
import { Table } from "../../ui/Table.tsx";
import { type Count, type Drop, type ServiceRow, serviceRows } from "./service_rows.ts";

const TONES = { lost: "bad", refused: "caution", harmless: "idle" } as const;

/** What each service of an agent did since it started, and what it dropped for which reason. */
export function ServicesTable({ counters }: { counters: Observation["counters"] }) {
  const rows = serviceRows(counters);
  if (rows.length === 0) return null;
  return (
    <Table<ServiceRow>
      label={serviceText.title}
      rows={rows}
      keyOf={({ service }) => service}
      columns={[
        {
          key: "service",
          title: serviceText.service,
          cell: ({ service }) => <strong>{nameOf(serviceText.services, service)}</strong>,
        },
        {
          key: "did",
          title: serviceText.did,
          cell: ({ did }) => (
            <span class="row">
              {did.map((each) => (
                <span key={each.name} class="nowrap">
                  <span class="num">{spell(each)}</span>{" "}
                  <span class="muted">{nameOf(serviceText.counts, each.name)}</span>
                </span>
              ))}
            </span>
          ),
        },
        {
          key: "dropped",
          title: serviceText.dropped,
          cell: ({ dropped }) =>
            dropped.length === 0
              ? <span class="faint">{serviceText.nothing}</span>
              : (
                <ul class="stack tight">
                  {dropped.map((drop) => <Dropped key={drop.name} drop={drop} />)}
                </ul>
              ),
        },
      ]}
    />
  );
}

function Dropped({ drop: { name, count, weight } }: { drop: Drop }) {
  return (
    <li class={weight === "harmless" ? "faint" : `status tone-${TONES[weight]}`}>
      {weight === "harmless" ? null : <Mark tone={TONES[weight]} />}
      <span class="num">{formatCount(count)}</span>{" "}
      {name === "kernel" ? serviceText.kernel : <code>{name}</code>}
    </li>
  );
}

function spell({ name, count }: Count): string {
  return name === "bytes" ? formatBytes(count) : formatCount(count);
}

function nameOf(names: Readonly<Record<string, string>>, name: string): string {
  return names[name] ?? name;
}
