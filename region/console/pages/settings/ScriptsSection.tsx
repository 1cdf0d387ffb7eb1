import { useMemo } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { scriptText, settingsText } from "../../strings/settings.ts";
import { formatDuration } from "../../ui/format.ts";
import { TimeAgo } from "../../ui/Time.tsx";
import { ListSection } from "./ListSection.tsx";
import { ScriptDialog } from "./ScriptDialog.tsx";

export type Script = OutputOf<"/scripts", "get">["scripts"][number];
/** Those that came with the region have no id of their own, and are never changed. */
type Row = Omit<Script, "id"> & { readonly id: number; readonly isBuiltIn: boolean };

/** What machines run when they are commissioned and tested. */
export function ScriptsSection() {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const read = useApi("/scripts");
  const rows = useMemo(() =>
    read.data?.scripts.map((script, i): Row => ({
      ...script,
      id: script.id ?? -1 - i,
      isBuiltIn: script.id === null,
    })), [read.data]);
  return (
    <ListSection<Row>
      title={settingsText.names.scripts}
      lead={scriptText.lead}
      read={{ ...read, data: rows }}
      nameOf={({ name }) => name}
      empty={{ icon: "activity", title: scriptText.emptyTitle }}
      columns={[
        {
          key: "name",
          title: settingsText.name,
          cell: ({ name, description, tags }) => (
            <>
              <span class="row tight">
                <strong>{name}</strong>
                {tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
              </span>
              {description ? <div class="faint small">{description}</div> : null}
            </>
          ),
        },
        { key: "type", title: scriptText.type, cell: ({ type }) => scriptText.types[type] },
        {
          key: "limit",
          title: scriptText.limit,
          isRight: true,
          cell: ({ timeoutSeconds }) => formatDuration(timeoutSeconds * 1000),
        },
        {
          key: "changed",
          title: scriptText.changed,
          cell: ({ changedAt }) =>
            changedAt === null
              ? <span class="faint">{scriptText.builtIn}</span>
              : <TimeAgo at={changedAt} />,
        },
      ]}
      edit={isAdmin
        ? {
          add: scriptText.add,
          form: (row, onClose) => <ScriptDialog script={row} onClose={onClose} />,
          whyNotRemove: ({ isBuiltIn }) => isBuiltIn ? scriptText.builtInWhy : undefined,
          removeText: () => scriptText.removeText,
          remove: async ({ name, version }) => {
            await api.delete("/scripts/:scriptName", {
              param: { scriptName: name },
              ifMatch: version ?? undefined,
            });
            refresh("/scripts");
          },
        }
        : undefined}
    />
  );
}
