import { sitesText } from "../../strings/sites.ts";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import type { Agent } from "./SitesPage.tsx";

/** The agents of a site in a cell: their hosts, and when they were heard of last. */
export function AgentHealth({ agents }: { agents: readonly Agent[] }) {
  const active = agents.filter(({ revokedAt }) => revokedAt === null);
  if (active.length === 0) {
    return (
      <span class="status tone-caution">
        <Mark tone="caution" />
        {sitesText.noAgent}
      </span>
    );
  }
  return (
    <div class="stack tight">
      {active.map(({ id, hostname, lastFactsAt }) => (
        <span key={id} class="status tone-good">
          <Mark tone="good" />
          {hostname}
          <span class="faint">
            {lastFactsAt === null ? sitesText.never : <TimeAgo at={lastFactsAt} />}
          </span>
        </span>
      ))}
    </div>
  );
}
