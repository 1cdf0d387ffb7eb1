import { Link } from "wouter-preact";
import { useApi } from "../../api/queries.ts";
import { type Me, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { machineText } from "../../strings/machine.ts";
import { machinesText, POWER_NAMES } from "../../strings/machines.ts";
import { EventList } from "../../ui/EventList.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Card, Page } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { StatusBadge } from "../../ui/StatusBadge.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { BootTab } from "./BootTab.tsx";
import { changedCertificate } from "./bmc_form.ts";
import { CertificateNote } from "./CertificateNote.tsx";
import { FactsTab } from "./FactsTab.tsx";
import { FailureNote } from "./FailureNote.tsx";
import { MachineActions } from "./MachineActions.tsx";
import { NetworkTab } from "./NetworkTab.tsx";
import { RunningNote } from "./RunningNote.tsx";
import { ScriptsTab } from "./ScriptsTab.tsx";
import { StorageTab } from "./StorageTab.tsx";
import { SummaryTab } from "./SummaryTab.tsx";
import type { Machine } from "./why_not.ts";

const TAB_IDS = ["summary", "network", "storage", "boot", "scripts", "events", "facts"] as const;
type TabId = typeof TAB_IDS[number];

/** Power is seen without an event: whoever looks at one machine wants to know. */
const EVERY_MS = 15_000;

/** One machine: how it is, what can be done, why it failed, what is in it. */
export default function MachinePage({ params: { systemId = "", tab: named } }: PageProps) {
  const read = useApi("/machines/:systemId", { param: { systemId } }, { everyMs: EVERY_MS });
  const now = useStore(session);
  const tab: TabId = TAB_IDS.find((id) => id === named) ?? "summary";
  if (read.error && !read.data) {
    return (
      <Page title={machineText.title}>
        <Unread error={read.error} onRetry={read.refetch} />
      </Page>
    );
  }
  if (!read.data || now.kind !== "signed_in") return <Waiting />;
  const machine = read.data;
  return (
    <Page
      title={machine.hostname}
      crumbs={<Link href={paths.machines}>{machinesText.title}</Link>}
      isReadable
      lead={<Standing machine={machine} />}
      actions={<MachineActions machine={machine} me={now.me} />}
    >
      <CertificateNote machine={machine} me={now.me} />
      <FailureNote machine={machine} me={now.me} />
      <RunningNote machine={machine} me={now.me} />
      <Tabs
        label={machineText.tabsName}
        current={tab}
        tabs={TAB_IDS.map((id) => ({
          id,
          href: paths.machine(systemId, id === "summary" ? undefined : id),
          label: machineText.tabs[id],
        }))}
      />
      <Tab id={tab} machine={machine} me={now.me} />
    </Page>
  );
}

function Tab({ id, machine, me }: { id: TabId; machine: Machine; me: Me }) {
  const { systemId } = machine;
  switch (id) {
    case "summary":
      return <SummaryTab machine={machine} me={me} />;
    case "network":
      return <NetworkTab machine={machine} me={me} />;
    case "storage":
      return <StorageTab machine={machine} me={me} />;
    case "boot":
      return <BootTab machine={machine} />;
    case "scripts":
      return <ScriptsTab systemId={systemId} />;
    case "events":
      return (
        <Card>
          <EventList query={{ machine: systemId }} empty={machineText.noEvents} limit={200} />
        </Card>
      );
    case "facts":
      return <FactsTab machine={machine} />;
  }
}

/** Status and power, each with its age. */
function Standing({ machine }: { machine: Machine }) {
  const { status, statusChangedAt, statusComment, returnsTo, isLocked, power, owner } = machine;
  const before = returnsTo.at(-1);
  return (
    <div class="standing">
      <StatusBadge status={status} />
      <span>
        {machineText.since} <TimeAgo at={statusChangedAt} isBare />
      </span>
      <span class={`power power-${power.state}`}>
        <Icon name="power" />
        {machineText.power}: {POWER_NAMES[power.state].toLowerCase()},{" "}
        {power.at === null ? machineText.powerNever : (
          <>
            {machineText.powerSeen} <TimeAgo at={power.at} />
          </>
        )}
      </span>
      {power.fault && !changedCertificate(machine)
        ? (
          <span class="status wraps tone-caution" title={power.fault.code}>
            <Icon name="warning" />
            {power.fault.message}
          </span>
        )
        : null}
      {owner === null ? null : <span>{machineText.owner}: {owner}</span>}
      {before ? <span>{machineText.returnsTo(before)}</span> : null}
      {isLocked
        ? (
          <span class="status tone-caution">
            <Icon name="lock" />
            {machineText.locked}
          </span>
        )
        : null}
      {statusComment === null ? null : <q>{statusComment}</q>}
    </div>
  );
}
