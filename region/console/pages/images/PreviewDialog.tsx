import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { imagesText, sourcesText } from "../../strings/images.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { formatBytes, plural } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { Table } from "../../ui/Table.tsx";
import { toastError } from "../../ui/toasts.ts";
import { type BootSource, startSync } from "./SourcesCard.tsx";

type Preview = OutputOf<"/boot-sources/:sourceId/preview", "get">;

/** What a sync would take and download, before it does. */
export function PreviewDialog({ source, onClose }: { source: BootSource; onClose: () => void }) {
  const preview = useApi("/boot-sources/:sourceId/preview", { param: { sourceId: source.id } });
  return (
    <Dialog
      title={sourcesText.previewTitle(source.name)}
      isWide
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{words.close}</Button>
          <Button
            kind="primary"
            onClick={() => {
              onClose();
              void startSync(source.id).catch(toastError);
            }}
          >
            {sourcesText.sync}
          </Button>
        </>
      }
    >
      {preview.data || preview.error ? null : <p class="muted">{sourcesText.looking}</p>}
      <Loaded read={preview}>{(plan) => <Plan plan={plan} />}</Loaded>
    </Dialog>
  );
}

function Plan({ plan }: { plan: Preview }) {
  return (
    <>
      <Note tone={plan.downloadFiles === 0 ? "good" : "busy"}>
        {plan.downloadFiles === 0 ? sourcesText.previewNothing : sourcesText.previewLead(
          plural(plan.downloadFiles, "file"),
          formatBytes(plan.downloadBytes),
        )}
      </Note>
      <Table<Preview["images"][number]>
        label={imagesText.title}
        rows={plan.images}
        keyOf={({ product, version }) => `${product} ${version}`}
        columns={[
          { key: "title", title: imagesText.name, cell: ({ title }) => <strong>{title}</strong> },
          { key: "arch", title: imagesText.architecture, cell: (image) => image.architecture },
          { key: "version", title: imagesText.version, cell: ({ version }) => version },
          {
            key: "size",
            title: imagesText.size,
            isRight: true,
            cell: ({ bytes }) => formatBytes(bytes),
          },
        ]}
      />
      {plan.skipped.length > 0
        ? (
          <details>
            <summary>{sourcesText.skipped}: {plan.skipped.length}</summary>
            <ul class="stack tight below">
              {plan.skipped.map(({ product, reason }) => (
                <li key={product} class="small">
                  <code>{product}</code> <span class="muted">{reason}</span>
                </li>
              ))}
            </ul>
          </details>
        )
        : null}
    </>
  );
}
