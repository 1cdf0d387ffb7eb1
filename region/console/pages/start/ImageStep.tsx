import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { startText } from "../../strings/start.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { CheckField, faultOf, TextField } from "../../ui/Field.tsx";
import { formatBytes } from "../../ui/format.ts";
import { Note, ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";

const EVERY_MS = 1000;

/** Where images come from, and how far they are. */
export function ImageStep({ onLater }: { onLater: () => void }) {
  const [url, setUrl] = useState("");
  const [keyring, setKeyring] = useState("");
  const [isUnsigned, setUnsigned] = useState(false);
  const [syncId, setSyncId] = useState<string>();
  const action = useAction(async () => {
    const wanted = url.trim();
    const { bootSources } = await api.get("/boot-sources");
    // A second try with the same address is the same source.
    const source = bootSources.find((each) => each.url === wanted) ??
      await api.post("/boot-sources", {
        json: { name: nameOf(wanted), url: wanted, keyring: isUnsigned ? null : keyring },
      });
    const sync = await api.post("/boot-sources/:sourceId/sync", { param: { sourceId: source.id } });
    setSyncId(sync.id);
  });
  const isReady = url.trim() !== "" && (isUnsigned || keyring.trim() !== "");
  return (
    <form
      class="stack narrow"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) action.run();
      }}
    >
      <TextField
        label={startText.imageUrl}
        placeholder="https://images.example.com/"
        value={url}
        onInput={setUrl}
        fault={faultOf(action.problem, "url")}
        isMono
        hasNoMemory
      />
      {isUnsigned ? null : (
        <TextField
          label={startText.imageKeys}
          hint={startText.imageKeysHint}
          value={keyring}
          onInput={setKeyring}
          fault={faultOf(action.problem, "keyring")}
          rows={3}
          isMono
        />
      )}
      <CheckField label={startText.imageUnsigned} checked={isUnsigned} onChange={setUnsigned} />
      {syncId === undefined ? null : <SyncProgress key={syncId} syncId={syncId} />}
      <ProblemNote problem={action.problem} />
      <div class="row">
        <Button
          type="submit"
          kind="primary"
          isBusy={action.isBusy}
          why={isReady ? undefined : startText.imageMissing}
        >
          {startText.imageImport}
        </Button>
        <Button kind="quiet" onClick={onLater}>{startText.later}</Button>
      </div>
    </form>
  );
}

function SyncProgress({ syncId }: { syncId: string }) {
  const { data } = useApi("/image-syncs/:syncId", { param: { syncId } }, { everyMs: EVERY_MS });
  if (!data) return <p class="muted">{words.loading}</p>;
  const { state, doneBytes, totalBytes, failure, problem, skipped } = data;
  if (state === "done") refresh("/images");
  const percent = totalBytes === 0 ? 100 : (100 * doneBytes) / totalBytes;
  return (
    <div class="stack tight" role="status">
      {failure
        ? <Note tone="bad" more={<code>{failure.code}</code>}>{failure.message}</Note>
        : null}
      {problem ? <Note tone="caution">{problem}</Note> : null}
      {state === "running"
        ? (
          <>
            <span class="num">
              {startText.imageImporting} {formatBytes(doneBytes)} / {formatBytes(totalBytes)}
            </span>
            <span class="meter">
              <span style={{ width: `${percent}%` }} />
            </span>
          </>
        )
        : null}
      {skipped.map(({ product, reason }) => (
        <Note key={product} tone="caution">{startText.imageSkipped}: {product}: {reason}</Note>
      ))}
    </div>
  );
}

const NAME_CHARS_MAX = 64;

/** Sources have names; its host is as good as any until somebody finds a better one. */
function nameOf(url: string): string {
  return (URL.parse(url)?.host || url).slice(0, NAME_CHARS_MAX);
}
