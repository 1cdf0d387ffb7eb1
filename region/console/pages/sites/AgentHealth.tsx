import { serverNowMs } from "../../api/client.ts";
import { sitesText } from "../../strings/sites.ts";
import type { Tone } from "../../ui/ProblemNote.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import type { Agent } from "./SitesPage.tsx";

/** Polls are noted to some minutes; from here on it is silence. */
const SILENT_MS = 15 * 60_000;

export function toneOfAgent({ revokedAt, lastSeenAt }: Agent): Tone {
  if (revokedAt !== null) return "idle";
  return serverNowMs() - Date.parse(lastSeenAt) > SILENT_MS ? "bad" : "good";
}

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
      {active.map((agent) => (
        <span key={agent.id} class={`status tone-${toneOfAgent(agent)}`}>
          <Mark tone={toneOfAgent(agent)} />
          {agent.hostname}
          <span class="faint">
            <TimeAgo at={agent.lastSeenAt} />
          </span>
        </span>
      ))}
    </div>
  );
}
