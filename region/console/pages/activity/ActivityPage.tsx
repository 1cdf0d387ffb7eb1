import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { activityText } from "../../strings/activity.ts";
import { Page } from "../../ui/Page.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { AuditTab } from "./AuditTab.tsx";
import { EventsTab } from "./EventsTab.tsx";
import { OperationsTab } from "./OperationsTab.tsx";
import { TrendsTab } from "./TrendsTab.tsx";

/** What is being done, what happened, and, for administrators, who changed what. */
export default function ActivityPage({ params: { tab = "operations" } }: PageProps) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const tabs = [
    { id: "operations", href: paths.activity, label: activityText.operations },
    { id: "events", href: paths.activityOf("events"), label: activityText.events },
    { id: "trends", href: paths.activityOf("trends"), label: activityText.trends },
    { id: "audit", href: paths.activityOf("audit"), label: activityText.audit },
  ];
  const shown = isAdmin ? tabs : tabs.filter(({ id }) => id !== "audit");
  return (
    <Page title={activityText.title} lead={activityText.lead} isReadable>
      <Tabs label={activityText.views} current={tab} tabs={shown} />
      {tab === "events"
        ? <EventsTab />
        : tab === "trends"
        ? <TrendsTab />
        : tab === "audit" && isAdmin
        ? <AuditTab />
        : <OperationsTab />}
    </Page>
  );
}
