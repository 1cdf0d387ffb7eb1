import { useMemo, useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import { sitesText } from "../../strings/sites.ts";
import { Button } from "../../ui/Button.tsx";
import { useCommands } from "../../ui/commands.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { formatCount } from "../../ui/format.ts";
import { Card, Page } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Table } from "../../ui/Table.tsx";
import { AddSiteDialog } from "./AddSiteDialog.tsx";
import { AgentHealth } from "./AgentHealth.tsx";

export type Site = OutputOf<"/sites", "get">["sites"][number];
export type Agent = OutputOf<"/agents", "get">["agents"][number];

/** Every site with its agents: which are well, and which were not heard of. */
export default function SitesPage() {
  const [, navigate] = useLocation();
  const [isAdding, setAdding] = useState(false);
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const sites = useApi("/sites", { query: { limit: 200 } });
  const agents = useApi("/agents", { query: { limit: 200 } });
  const counts = useApi("/machines/counts", { query: { by: "site" } });
  const agentsOf = useMemo(
    () => Map.groupBy(agents.data?.agents ?? [], ({ siteId }) => siteId),
    [agents.data],
  );
  const machinesOf = new Map(counts.data?.site?.map(({ value, machines }) => [value, machines]));
  useCommands(
    isAdmin ? [{ label: sitesText.add, icon: "plus", run: () => setAdding(true) }] : [],
  );
  const all = sites.data?.sites;
  const add = <Button icon="plus" onClick={() => setAdding(true)}>{sitesText.add}</Button>;
  return (
    <Page title={sitesText.title} lead={sitesText.lead} isReadable actions={isAdmin ? add : null}>
      {sites.error
        ? <Unread error={sites.error} onRetry={sites.refetch} />
        : all === undefined
        ? <Waiting />
        : all.length === 0
        ? (
          <EmptyState
            icon="sites"
            title={sitesText.emptyTitle}
            actions={isAdmin
              ? (
                <Button
                  kind="primary"
                  onClick={() => navigate(paths.start)}
                >
                  {sitesText.setUp}
                </Button>
              )
              : null}
          >
            {sitesText.emptyText}
          </EmptyState>
        )
        : (
          <Card isBare>
            <Table<Site>
              label={sitesText.title}
              rows={all}
              keyOf={({ id }) => id}
              onOpen={({ id }) =>
                navigate(paths.site(id))}
              columns={[
                {
                  key: "name",
                  title: sitesText.name,
                  cell: ({ id, name }) => (
                    <Link href={paths.site(id)}>
                      <strong>{name}</strong>
                    </Link>
                  ),
                },
                {
                  key: "agents",
                  title: sitesText.agents,
                  cell: ({ id }) => <AgentHealth agents={agentsOf.get(id) ?? []} />,
                },
                {
                  key: "enlist",
                  title: sitesText.enlist,
                  cell: ({ enlist }) => (enlist ? sitesText.enlistOn : sitesText.enlistOff),
                },
                {
                  key: "state",
                  title: sitesText.state,
                  cell: ({ wantedGeneration: wanted, publishedGeneration: published }) =>
                    published < wanted
                      ? sitesText.stateBehind(published, wanted)
                      : sitesText.stateNow(published),
                },
                {
                  key: "machines",
                  title: sitesText.machines,
                  isRight: true,
                  cell: ({ id }) => (
                    <Link href={`${paths.machines}?site=${id}`}>
                      {formatCount(machinesOf.get(id) ?? 0)}
                    </Link>
                  ),
                },
              ]}
            />
          </Card>
        )}
      {isAdding
        ? <AddSiteDialog onClose={() => setAdding(false)} />
        : null}
    </Page>
  );
}
