import type { ComponentChildren } from "preact";
import { Link } from "wouter-preact";
import type { FleetMachine } from "../../fleet/fleet.ts";
import type { Sort } from "../../fleet/fleet_view.ts";
import { paths } from "../../paths.ts";
import { COLUMN_NAMES, machinesText, POWER_NAMES } from "../../strings/machines.ts";
import { formatBytes, formatMemory } from "../../ui/format.ts";
import { Icon } from "../../ui/Icon.tsx";
import { Status } from "../../ui/StatusBadge.tsx";
import { Elapsed, TimeAgo } from "../../ui/Time.tsx";

export type ColumnKey = keyof typeof COLUMN_NAMES;

export interface ColumnContext {
  readonly siteName: (siteId: string) => string;
}

interface FleetColumn {
  readonly sort?: Sort;
  /** Not narrower than this; and its part of what is left over, none: as it is. */
  readonly px: number;
  readonly share?: number;
  readonly isRight?: boolean;
  readonly cell: (machine: FleetMachine, context: ColumnContext) => ComponentChildren;
}

/** Every column that the list can show; which ones it does is the reader's choice. */
export const COLUMNS: Record<ColumnKey, FleetColumn> = {
  hostname: { sort: "hostname", px: 140, share: 1.4, cell: nameCell },
  status: {
    sort: "status",
    px: 156,
    share: 0.8,
    cell: ({ status }) => <Status status={status} />,
  },
  stage: { px: 170, share: 2, cell: stageCell },
  since: {
    sort: "since",
    px: 72,
    cell: ({ statusChangedAt }) => <TimeAgo at={statusChangedAt} isBare />,
  },
  power: { sort: "power", px: 98, cell: powerCell },
  site: { sort: "site", px: 90, share: 0.8, cell: ({ siteId }, c) => c.siteName(siteId) },
  zone: { sort: "zone", px: 80, share: 0.6, cell: ({ zone }) => zone },
  pool: { sort: "pool", px: 80, share: 0.6, cell: ({ pool }) => pool },
  tags: { px: 100, share: 1, cell: ({ tags }) => tags.map((tag) => <Tag key={tag} name={tag} />) },
  owner: { sort: "owner", px: 80, share: 0.6, cell: ({ owner }) => owner ?? "" },
  architecture: { sort: "architecture", px: 100, cell: (it) => it.architecture },
  cpu: {
    sort: "cpu",
    px: 68,
    isRight: true,
    cell: ({ cpuCount }) => (cpuCount === 0 ? "" : cpuCount),
  },
  memory: {
    sort: "memory",
    px: 92,
    isRight: true,
    cell: ({ memoryMib }) => (memoryMib === 0 ? "" : formatMemory(memoryMib)),
  },
  storage: {
    sort: "storage",
    px: 92,
    isRight: true,
    cell: ({ storageBytes }) => (storageBytes === 0 ? "" : formatBytes(storageBytes)),
  },
  mac: { px: 152, cell: ({ macs }) => <code>{macs[0]}</code> },
  bmc: { px: 120, share: 0.8, cell: ({ bmc }) => <code>{bmc?.address}</code> },
  description: { px: 140, share: 1.4, cell: ({ description }) => description },
  id: { px: 88, cell: ({ systemId }) => <code>{systemId}</code> },
};

export const COLUMN_ORDER = Object.keys(COLUMNS) as readonly ColumnKey[];
export const USUAL_COLUMNS: readonly ColumnKey[] = [
  "hostname",
  "status",
  "stage",
  "since",
  "power",
  "site",
  "tags",
  "owner",
  "memory",
];

function nameCell({ systemId, hostname, isLocked }: FleetMachine) {
  return (
    <>
      <Link href={paths.machine(systemId)} class="name" tabIndex={-1}>{hostname}</Link>
      {isLocked
        ? (
          <span title={machinesText.locked} class="faint">
            <Icon name="lock" />
          </span>
        )
        : null}
    </>
  );
}

/** What it is busy with and for how long; or, in the same place, why it failed. */
function stageCell({ operation, failure, status }: FleetMachine) {
  if (operation) {
    const { kind, phase, phaseStartedAt } = operation;
    const name = kind.replaceAll("_", " ");
    return (
      <span class="stage">
        <span class="cut">{phase ? machinesText.inPhase(name, phase) : name}</span>
        {phaseStartedAt
          ? (
            <span class="faint">
              <Elapsed since={phaseStartedAt} />
            </span>
          )
          : null}
      </span>
    );
  }
  const isFailed = /failed|broken/i.test(status);
  if (!failure || !isFailed) return "";
  return <span class="why-failed cut" title={failure.message}>{failure.message}</span>;
}

function powerCell({ power }: FleetMachine) {
  return (
    <span class={`power power-${power.state}`}>
      <Icon name="power" />
      {POWER_NAMES[power.state]}
    </span>
  );
}

function Tag({ name }: { name: string }) {
  return <span class="tag">{name}</span>;
}
