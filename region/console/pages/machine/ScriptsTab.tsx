import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi, useAsk } from "../../api/queries.ts";
import { machineText } from "../../strings/machine.ts";
import { formatDuration } from "../../ui/format.ts";
import { Card } from "../../ui/Page.tsx";
import { type Tone, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { Elapsed, TimeAgo } from "../../ui/Time.tsx";

type Result = OutputOf<"/machines/:systemId/script-results", "get">["scriptResults"][number];

const TONES: Record<Result["state"], Tone> = {
  pending: "idle",
  running: "busy",
  passed: "good",
  failed: "bad",
  timed_out: "bad",
  aborted: "caution",
};
const EVERY_MS = 5000;

/** What the machine's scripts came to, the latest first, each with what it wrote. */
export function ScriptsTab({ systemId }: { systemId: string }) {
  const { data, error } = useApi(
    "/machines/:systemId/script-results",
    { param: { systemId }, query: { limit: 100 } },
    { everyMs: EVERY_MS },
  );
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  if (data.scriptResults.length === 0) {
    return (
      <Card>
        <p class="muted">{machineText.noScripts}</p>
      </Card>
    );
  }
  return (
    <Card isBare>
      <ul class="scripts">
        {data.scriptResults.map((result) => (
          <OneResult key={result.id} systemId={systemId} result={result} />
        ))}
      </ul>
    </Card>
  );
}

function OneResult({ systemId, result }: { systemId: string; result: Result }) {
  const { name, state, exitStatus, startedAt, endedAt } = result;
  const [isOpen, setOpen] = useState(state === "failed");
  const tone = TONES[state];
  return (
    <li>
      <details
        open={isOpen}
        onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      >
        <summary>
          <span class={`status tone-${tone}`}>
            <Mark tone={tone} />
            <strong>{name}</strong>
          </span>
          <span class={`tone-${tone} badge plain`}>{machineText.scriptStates[state]}</span>
          {exitStatus === null || exitStatus === 0
            ? null
            : <code class="faint">{machineText.exit(exitStatus)}</code>}
          <span class="grow" />
          <span class="faint small">
            {startedAt && endedAt
              ? formatDuration(Date.parse(endedAt) - Date.parse(startedAt))
              : startedAt
              ? <Elapsed since={startedAt} />
              : null}
          </span>
          <span class="faint small">{endedAt ? <TimeAgo at={endedAt} /> : null}</span>
        </summary>
        {isOpen ? <Outputs systemId={systemId} result={result} /> : null}
      </details>
    </li>
  );
}

function Outputs({ systemId, result }: { systemId: string; result: Result }) {
  const { id, hasStdout, hasStderr } = result;
  if (!hasStdout && !hasStderr) return <p class="card-body muted">{machineText.noOutput}</p>;
  return (
    <div class="card-body stack">
      {hasStderr ? <Output systemId={systemId} resultId={id} stream="stderr" /> : null}
      {hasStdout ? <Output systemId={systemId} resultId={id} stream="stdout" /> : null}
    </div>
  );
}

function Output(
  { systemId, resultId, stream }: {
    systemId: string;
    resultId: number;
    stream: "stdout" | "stderr";
  },
) {
  const { data, error } = useAsk<string>(
    "/machines/:systemId/script-results/:resultId/output",
    { param: { systemId, resultId }, query: { stream } },
  );
  return (
    <section class="stack tight">
      <h3>{stream === "stderr" ? machineText.stderr : machineText.stdout}</h3>
      {error
        ? <Unread error={error} />
        : data === undefined
        ? <Waiting />
        : <pre class="code-block" tabIndex={0}>{data}</pre>}
    </section>
  );
}
