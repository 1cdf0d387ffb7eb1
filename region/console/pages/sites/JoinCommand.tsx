import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { sitesText } from "../../strings/sites.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyField } from "../../ui/CopyField.tsx";
import { Note, ProblemNote } from "../../ui/ProblemNote.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { useAction } from "../../ui/use_action.ts";
import type { Agent } from "./SitesPage.tsx";

/** No event tells of a host that joins before its first fact, so it is asked for. */
const LOOK_EVERY_MS = 2000;

/** One command to copy, and then whoever ran it, as soon as they have. */
export function JoinCommand(
  { siteId, onJoined }: { siteId: string; onJoined?: (agent: Agent) => void },
) {
  const [made, setMade] = useState<OutputOf<"/sites/:siteId/join-tokens", "post">>();
  const before = useRef<ReadonlySet<string> | undefined>(undefined);
  const { data } = useApi("/agents", { query: { siteId, limit: 200 } }, { everyMs: LOOK_EVERY_MS });
  if (data && !before.current) before.current = new Set(data.agents.map(({ id }) => id));
  const joined = data?.agents.find(({ id }) => before.current?.has(id) === false);
  const action = useAction(async () => {
    setMade(await api.post("/sites/:siteId/join-tokens", { param: { siteId }, json: {} }));
  });
  useEffect(action.run, [siteId]);
  useEffect(() => {
    if (joined) onJoined?.(joined);
  }, [joined?.id]);
  return (
    <div class="stack">
      {made
        ? (
          <>
            <p class="muted">
              {sitesText.joinLead} {sitesText.joinUntil} <TimeAgo at={made.expiresAt} />.
            </p>
            <CopyField text={made.command} what={sitesText.joinCommand} />
          </>
        )
        : null}
      <ProblemNote problem={action.problem} />
      {joined
        ? <Note tone="good" role="status">{sitesText.joined(joined.hostname)}</Note>
        : made
        ? (
          <div class="row muted" role="status">
            <span class="spinner" aria-hidden="true" />
            {sitesText.joinWaiting}
          </div>
        )
        : null}
      {made && !joined
        ? (
          <div>
            <Button isSmall isBusy={action.isBusy} onClick={action.run}>
              {sitesText.joinAgain}
            </Button>
          </div>
        )
        : null}
    </div>
  );
}
