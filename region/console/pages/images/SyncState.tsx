import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { sourcesText } from "../../strings/images.ts";
import { Button } from "../../ui/Button.tsx";
import { formatBytes, formatDuration } from "../../ui/format.ts";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toastError } from "../../ui/toasts.ts";

export type ImageSync = OutputOf<"/image-syncs", "get">["imageSyncs"][number];

const TONES = { running: "busy", done: "good", failed: "bad", cancelled: "idle" } as const;

/** How far a sync is, or how it ended. */
export function SyncState(
  { sync, mayStop }: { sync: ImageSync | undefined; mayStop: boolean },
) {
  if (!sync) return <span class="faint">{sourcesText.never}</span>;
  const { id: syncId, state, doneBytes, totalBytes, etaSeconds, problem, failure } = sync;
  const tone = TONES[state];
  const stop = async () => {
    await api.post("/image-syncs/:syncId/cancel", { param: { syncId } });
    refresh("/image-syncs");
  };
  return (
    <div class="stack tight sync-state">
      <span class={`status tone-${tone}`}>
        <Mark tone={tone} />
        {sourcesText.states[state]}
        <span class="faint">
          <TimeAgo at={sync.endedAt ?? sync.startedAt} />
        </span>
      </span>
      {state === "running"
        ? (
          <>
            <span class="meter tone-busy" aria-hidden="true">
              <span style={{ width: `${totalBytes > 0 ? 100 * doneBytes / totalBytes : 0}%` }} />
            </span>
            <span class="small num">
              {sourcesText.progress(formatBytes(doneBytes), formatBytes(totalBytes))}
              {etaSeconds === null ? "" : `, ${sourcesText.eta(formatDuration(etaSeconds * 1000))}`}
            </span>
            {mayStop
              ? (
                <span>
                  <Button isSmall onClick={() => void stop().catch(toastError)}>
                    {sourcesText.cancel}
                  </Button>
                </span>
              )
              : null}
          </>
        )
        : null}
      {problem ? <span class="small tone-text-caution">{problem}</span> : null}
      {failure
        ? <span class="small why-failed" title={failure.code}>{failure.message}</span>
        : null}
    </div>
  );
}
