import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { sitesText } from "../../strings/sites.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Card } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toneOfAgent } from "./AgentHealth.tsx";
import type { Agent } from "./SitesPage.tsx";

const EVERY_MS = 15_000;

/** The hosts that answer for a site. `onJoin` is given to those who may add one. */
export function AgentsCard({ siteId, onJoin }: { siteId: string; onJoin?: () => void }) {
  const { data, error } = useApi("/agents", { query: { siteId, limit: 200 } }, {
    everyMs: EVERY_MS,
  });
  const [leaving, setLeaving] = useState<Agent>();
  return (
    <Card title={sitesText.agents} isBare>
      {error
        ? (
          <div class="card-body">
            <Unread error={error} />
          </div>
        )
        : data === undefined
        ? <Waiting />
        : data.agents.length === 0
        ? (
          <EmptyState
            icon="sites"
            title={sitesText.noAgent}
            actions={onJoin
              ? <Button kind="primary" onClick={onJoin}>{sitesText.join}</Button>
              : null}
          >
            {sitesText.emptyText}
          </EmptyState>
        )
        : (
          <Table<Agent>
            label={sitesText.agents}
            rows={data.agents}
            keyOf={({ id }) => id}
            columns={[
              {
                key: "hostname",
                title: sitesText.agent,
                cell: (agent) => {
                  const { hostname, revokedAt } = agent;
                  const tone = toneOfAgent(agent);
                  return (
                    <span class={`status tone-${tone}`}>
                      <Mark tone={tone} />
                      <strong>{hostname}</strong>
                      {revokedAt === null ? null : <span class="tag">{sitesText.revoked}</span>}
                    </span>
                  );
                },
              },
              { key: "version", title: sitesText.version, cell: ({ version }) => version },
              {
                key: "joined",
                title: sitesText.joinedAt,
                cell: ({ enrolledAt }) => <TimeAgo at={enrolledAt} />,
              },
              {
                key: "heard",
                title: sitesText.heard,
                cell: ({ lastSeenAt }) => <TimeAgo at={lastSeenAt} />,
              },
              {
                key: "actions",
                title: "",
                isRight: true,
                cell: (agent) =>
                  onJoin && agent.revokedAt === null
                    ? (
                      <Button isSmall kind="quiet" onClick={() => setLeaving(agent)}>
                        {sitesText.revoke}
                      </Button>
                    )
                    : null,
              },
            ]}
          />
        )}
      {leaving
        ? (
          <ConfirmDialog
            title={sitesText.revokeTitle(leaving.hostname)}
            deed={sitesText.revoke}
            isDangerous
            typed={leaving.hostname}
            run={async () => {
              await api.delete("/agents/:agentId", { param: { agentId: leaving.id } });
              refresh("/agents");
            }}
            onClose={() => setLeaving(undefined)}
          >
            <p>{sitesText.revokeText}</p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}
