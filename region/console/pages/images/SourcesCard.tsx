import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { sourcesText } from "../../strings/images.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { Card } from "../../ui/Page.tsx";
import { Table } from "../../ui/Table.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { PreviewDialog } from "./PreviewDialog.tsx";
import { SourceDialog } from "./SourceDialog.tsx";
import { type ImageSync, SyncState } from "./SyncState.tsx";

export type BootSource = OutputOf<"/boot-sources", "get">["bootSources"][number];

const EVERY_MS = 3000;

/** Where images come from, and how far each is. */
export function SourcesCard() {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const isOperator = useStore(session, (it) => mayAct("operator", it));
  const sources = useApi("/boot-sources");
  const syncs = useApi("/image-syncs", { query: { limit: 100 } }, { everyMs: EVERY_MS });
  const [editing, setEditing] = useState<BootSource | "new">();
  const [leaving, setLeaving] = useState<BootSource>();
  const [looking, setLooking] = useState<BootSource>();
  /** The newest comes first. */
  const syncOf = (id: string): ImageSync | undefined =>
    syncs.data?.imageSyncs.find(({ sourceId }) => sourceId === id);
  return (
    <Card
      title={sourcesText.title}
      isBare
      actions={isAdmin
        ? <Button isSmall icon="plus" onClick={() => setEditing("new")}>{sourcesText.add}</Button>
        : null}
    >
      <Loaded read={sources} isInCard>
        {({ bootSources }) =>
          bootSources.length === 0
            ? <p class="card-body muted">{sourcesText.none}</p>
            : (
              <Table<BootSource>
                label={sourcesText.title}
                rows={bootSources}
                keyOf={({ id }) => id}
                columns={[
                  {
                    key: "name",
                    title: sourcesText.name,
                    cell: (source) => <Name source={source} />,
                  },
                  {
                    key: "selections",
                    title: sourcesText.selections,
                    cell: ({ selections }) => (
                      <ul class="stack tight">
                        {selections.length === 0
                          ? <li>{sourcesText.everything}</li>
                          : selections.map((each, i) => <li key={i}>{spellSelection(each)}</li>)}
                      </ul>
                    ),
                  },
                  {
                    key: "state",
                    title: sourcesText.state,
                    cell: ({ id }) => <SyncState sync={syncOf(id)} mayStop={isOperator} />,
                  },
                  {
                    key: "actions",
                    title: "",
                    isRight: true,
                    cell: (source) =>
                      isOperator
                        ? (
                          <span class="row tight end">
                            <Button
                              isSmall
                              title={`${sourcesText.sync}: ${source.name}`}
                              onClick={() => void startSync(source.id).catch(toastError)}
                            >
                              {sourcesText.sync}
                            </Button>
                            <MenuButton
                              icon="more"
                              look="quiet"
                              isSmall
                              label={sourcesText.actionsOf(source.name)}
                              items={[
                                {
                                  label: sourcesText.preview,
                                  icon: "search",
                                  run: () => setLooking(source),
                                },
                                ...(isAdmin
                                  ? [{
                                    label: sourcesText.edit,
                                    icon: "edit" as const,
                                    run: () => setEditing(source),
                                  }, {
                                    label: sourcesText.remove,
                                    icon: "trash" as const,
                                    isDangerous: true,
                                    run: () => setLeaving(source),
                                  }]
                                  : []),
                              ]}
                            />
                          </span>
                        )
                        : null,
                  },
                ]}
              />
            )}
      </Loaded>
      {editing
        ? (
          <SourceDialog
            source={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
          />
        )
        : null}
      {looking ? <PreviewDialog source={looking} onClose={() => setLooking(undefined)} /> : null}
      {leaving
        ? (
          <ConfirmDialog
            title={sourcesText.removeTitle(leaving.name)}
            deed={sourcesText.remove}
            isDangerous
            typed={leaving.name}
            run={async () => {
              await api.delete("/boot-sources/:sourceId", {
                param: { sourceId: leaving.id },
                ifMatch: leaving.version,
              });
              refresh("/boot-sources");
              refresh("/images");
            }}
            onClose={() => setLeaving(undefined)}
          >
            <p>{sourcesText.removeText}</p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}

function Name({ source: { name, url, isSigned, syncMinutes } }: { source: BootSource }) {
  return (
    <>
      <span class="row tight">
        <strong>{name}</strong>
        <span class="tag">{isSigned ? sourcesText.signed : sourcesText.unsigned}</span>
        <span class="faint small">
          {syncMinutes === null ? sourcesText.whenAsked : sourcesText.every(syncMinutes)}
        </span>
      </span>
      <code class="wrap small muted">{url}</code>
    </>
  );
}

function spellSelection(selection: BootSource["selections"][number]): string {
  const { os, releases, architectures, subarches, labels } = selection;
  const parts = [os, releases, architectures, subarches, labels].filter((each) => each.length > 0);
  return parts.map((each) => each.join(", ")).join(" · ") || sourcesText.everything;
}

export async function startSync(sourceId: string): Promise<void> {
  await api.post("/boot-sources/:sourceId/sync", { param: { sourceId } });
  refresh("/image-syncs");
  toast("good", sourcesText.started);
}
