import { useEffect, useState } from "preact/hooks";
import { useQueries } from "@tanstack/preact-query";
import { api, serverNowMs } from "../../api/client.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { machineText, OPERATION_NAMES } from "../../strings/machine.ts";
import { SelectField } from "../../ui/Field.tsx";
import { formatMoment } from "../../ui/format.ts";
import { Card } from "../../ui/Page.tsx";
import { ProblemNote, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { compareSpans, usualDurations } from "./compare_spans.ts";
import { Waterfall } from "./Waterfall.tsx";
import type { Machine } from "./why_not.ts";

type Operation = OutputOf<"/operations", "get">["operations"][number];

const SHOWN = 50;
/** As many as make a usual; each is a question to the region. */
const COMPARED = 7;
const RUNNING_EVERY_MS = 3000;

/** Where the time of a machine's operations went; one that runs grows as one looks. */
export function BootTab({ machine: { systemId } }: { machine: Machine }) {
  const [chosen, setChosen] = useState<string>();
  const { data, error } = useApi("/operations", { query: { machine: systemId, limit: SHOWN } });
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  const { operations } = data;
  const shown = operations.find(({ id }) => id === chosen) ??
    operations.find(({ kind }) => !kind.startsWith("power_")) ?? operations[0];
  if (!shown) {
    return (
      <Card>
        <p class="muted">{machineText.noOperations}</p>
      </Card>
    );
  }
  return (
    <Card>
      <div class="stack wide">
        <div class="boot-choice">
          <SelectField
            label={machineText.operation}
            value={shown.id}
            options={operations.map(({ id, kind, state, askedAt }) => ({
              value: id,
              label: `${machineText.operationOf(OPERATION_NAMES[kind], state)} · ${
                formatMoment(askedAt)
              }`,
            }))}
            onChange={setChosen}
          />
        </div>
        <OneOperation key={shown.id} operation={shown} />
      </div>
    </Card>
  );
}

function OneOperation({ operation }: { operation: Operation }) {
  const isRunning = operation.state === "running";
  const { data, error } = useApi(
    "/operations/:operationId",
    { param: { operationId: operation.id } },
    isRunning ? { everyMs: RUNNING_EVERY_MS } : {},
  );
  const nowMs = useGrowing(isRunning);
  const usual = useUsual(operation);
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  const { spans, failure, installScript } = data;
  const rows = compareSpans(spans, usual.durations, isRunning ? nowMs : undefined);
  return (
    <div class="stack wide">
      {failure
        ? <ProblemNote problem={{ status: 0, code: failure.code, detail: failure.message }} />
        : null}
      {rows.length === 0
        ? <p class="muted">{machineText.noSpans}</p>
        : <Waterfall rows={rows} isRunning={isRunning} compared={usual.count} />}
      {installScript === null ? null : (
        <details>
          <summary>{machineText.installScript}</summary>
          <pre class="code-block" tabIndex={0}>{installScript}</pre>
        </details>
      )}
    </div>
  );
}

const GROW_MS = 500;

/** The region's clock, ticking while something runs. */
function useGrowing(isRunning: boolean): number {
  const [nowMs, setNowMs] = useState(serverNowMs);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNowMs(serverNowMs()), GROW_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return nowMs;
}

/** How long each stage of such an operation usually takes at its site, by those that ended well. */
function useUsual({ id, kind, siteId }: Operation) {
  const { data } = useApi("/operations", {
    query: { siteId, kind, state: "done", limit: COMPARED + 1 },
  });
  const others = (data?.operations ?? []).filter((each) => each.id !== id).slice(0, COMPARED);
  const details = useQueries({
    queries: others.map(({ id: operationId }) => ({
      queryKey: ["/operations/:operationId", { param: { operationId }, query: undefined }],
      queryFn: () => api.get("/operations/:operationId", { param: { operationId } }),
      staleTime: Infinity, // it has ended
    })),
  });
  const ended = details.flatMap(({ data }) => (data ? [data.spans] : []));
  return { durations: usualDurations(ended), count: ended.length };
}
