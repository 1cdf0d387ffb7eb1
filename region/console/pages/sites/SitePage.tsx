import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { serviceText, sitesText } from "../../strings/sites.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { CheckField } from "../../ui/Field.tsx";
import { Card, Facts, Page } from "../../ui/Page.tsx";
import { Note, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { EventList } from "../../ui/EventList.tsx";
import { LeasesCard } from "../networks/LeasesCard.tsx";
import { AgentsCard } from "./AgentsCard.tsx";
import { BmcScansCard } from "./BmcScansCard.tsx";
import { HostCard } from "./HostCard.tsx";
import { JoinCommand } from "./JoinCommand.tsx";
import { RenameDialog } from "./RenameDialog.tsx";
import { SiteNetworks } from "./SiteNetworks.tsx";
import type { Site } from "./SitesPage.tsx";

/** One site: its agents and how they are, what it serves, what needs somebody. */
export default function SitePage({ params: { siteId = "" } }: PageProps) {
  const site = useApi("/sites/:siteId", { param: { siteId } });
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const [open, setOpen] = useState<"join" | "rename">();
  const close = () => setOpen(undefined);
  if (site.error) {
    return (
      <Page title={sitesText.title}>
        <Unread error={site.error} onRetry={site.refetch} />
      </Page>
    );
  }
  if (!site.data) return <Waiting />;
  const { name } = site.data;
  return (
    <Page
      title={name}
      crumbs={<Link href={paths.sites}>{sitesText.title}</Link>}
      isReadable
      actions={isAdmin
        ? (
          <>
            <Button icon="edit" onClick={() => setOpen("rename")}>{sitesText.rename}</Button>
            <Button icon="plus" kind="primary" onClick={() => setOpen("join")}>
              {sitesText.join}
            </Button>
          </>
        )
        : null}
    >
      <Attention siteId={siteId} />
      <AgentsCard siteId={siteId} onJoin={isAdmin ? () => setOpen("join") : undefined} />
      <Hosts siteId={siteId} />
      <div class="grid">
        <About site={site.data} isAdmin={isAdmin} />
        <SiteNetworks siteId={siteId} />
      </div>
      <LeasesCard query={{ siteId }} empty={serviceText.leases} />
      <BmcScansCard siteId={siteId} />
      <Card title={sitesText.recent}>
        <EventList query={{ siteId }} empty={sitesText.noRecent} />
      </Card>
      {open === "join"
        ? (
          <Dialog title={sitesText.joinTitle} isWide onClose={close}>
            <JoinCommand siteId={siteId} />
          </Dialog>
        )
        : null}
      {open === "rename" ? <RenameDialog site={site.data} onClose={close} /> : null}
    </Page>
  );
}

function About({ site, isAdmin }: { site: Site; isAdmin: boolean }) {
  const { id: siteId, enlist, version, wantedGeneration: wanted } = site;
  const { publishedGeneration: published, createdAt } = site;
  const counts = useApi("/machines/counts", { query: { by: "status", siteId } });
  const machines = (counts.data?.status ?? []).reduce((sum, each) => sum + each.machines, 0);
  const setEnlist = async (next: boolean) => {
    await api.patch("/sites/:siteId", {
      param: { siteId },
      json: { enlist: next },
      ifMatch: version,
    });
    refresh("/sites");
    toast("good", `${sitesText.enlist} ${next ? sitesText.enlistOn : sitesText.enlistOff}`);
  };
  return (
    <Card title={site.name}>
      <Facts
        items={[
          [
            sitesText.machines,
            <Link key="m" href={`${paths.machines}?site=${siteId}`}>{machines}</Link>,
          ],
          [
            sitesText.enlist,
            isAdmin
              ? (
                <CheckField
                  key="e"
                  label={sitesText.takeIn}
                  hint={sitesText.takeInHint}
                  checked={enlist}
                  onChange={(next) => void setEnlist(next).catch(toastError)}
                />
              )
              : enlist
              ? sitesText.enlistOn
              : sitesText.enlistOff,
          ],
          [
            sitesText.state,
            published < wanted
              ? sitesText.stateBehind(published, wanted)
              : sitesText.stateNow(published),
          ],
          [sitesText.createdAt, <TimeAgo key="t" at={createdAt} />],
        ]}
      />
    </Card>
  );
}

function Hosts({ siteId }: { siteId: string }) {
  const { data } = useApi("/agents", { query: { siteId, limit: 200 } });
  const active = data?.agents.filter(({ revokedAt }) => revokedAt === null) ?? [];
  return <>{active.map((agent) => <HostCard key={agent.id} agent={agent} />)}</>;
}

const TONES = { info: "busy", success: "good", warning: "caution", error: "bad" } as const;

/** What the region says of this site among its notifications. */
function Attention({ siteId }: { siteId: string }) {
  const { data } = useApi("/notifications");
  const mine = (data?.notifications ?? []).filter(({ context }) => context.siteId === siteId);
  return (
    <>
      {mine.map(({ id, category, message, createdAt }) => (
        <Note key={id} tone={TONES[category]} more={<TimeAgo at={createdAt} />}>{message}</Note>
      ))}
    </>
  );
}
