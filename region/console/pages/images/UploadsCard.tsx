import { useStore } from "../../api/store.ts";
import { uploadText } from "../../strings/images.ts";
import { Button } from "../../ui/Button.tsx";
import { formatBytes } from "../../ui/format.ts";
import { Card } from "../../ui/Page.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { forgetUpload, resumeUpload, stopUpload, type Upload, uploads } from "./uploads.ts";

const TONES = { running: "busy", done: "good", failed: "bad", stopped: "idle" } as const;

/** What this window sends to the region, and how it ended. */
export function UploadsCard() {
  const all = useStore(uploads);
  if (all.length === 0) return null;
  return (
    <Card title={uploadText.uploads}>
      <ul class="stack">
        {all.map((upload) => (
          <li key={upload.id}>
            <Row upload={upload} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Row({ upload }: { upload: Upload }) {
  const { id, image, state, now, problem } = upload;
  const name = image.title ?? image.name;
  return (
    <div class="stack tight" role="group" aria-label={name}>
      <div class="spread">
        <span class={`status tone-${TONES[state]}`}>
          <Mark tone={TONES[state]} />
          <strong>{name}</strong> {uploadText.states[state]}
        </span>
        <span class="row tight">
          {state === "running"
            ? <Button isSmall onClick={() => stopUpload(id)}>{uploadText.stop}</Button>
            : (
              <>
                {state === "done"
                  ? null
                  : (
                    <Button isSmall icon="retry" onClick={() => resumeUpload(upload)}>
                      {uploadText.resume}
                    </Button>
                  )}
                <Button
                  isSmall
                  kind="quiet"
                  icon="close"
                  label={uploadText.forget(name)}
                  onClick={() => forgetUpload(id)}
                />
              </>
            )}
        </span>
      </div>
      {state === "running" && now ? <Progress now={now} /> : null}
      {state === "stopped" ? <p class="muted small">{uploadText.stoppedHint}</p> : null}
      <ProblemNote problem={problem} />
    </div>
  );
}

function Progress({ now: { file, stage, bytes } }: { now: NonNullable<Upload["now"]> }) {
  const percent = file.size > 0 ? (100 * bytes) / file.size : 0;
  return (
    <>
      <span
        class="meter tone-busy"
        role="progressbar"
        aria-label={file.name}
        aria-valuenow={Math.round(percent)}
      >
        <span style={{ width: `${percent}%` }} />
      </span>
      <span class="small num">
        {uploadText.stages[stage]} <code>{file.name}</code>{" "}
        {uploadText.progress(formatBytes(bytes), formatBytes(file.size))}
      </span>
    </>
  );
}
