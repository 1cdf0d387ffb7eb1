import { Link } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import { settingsText, tagText } from "../../strings/settings.ts";
import { formatCount } from "../../ui/format.ts";
import { ListSection } from "./ListSection.tsx";
import { TagDialog } from "./TagDialog.tsx";

export type Tag = OutputOf<"/tags", "get">["tags"][number];

/** Tags that people put on, and those that put themselves on what fits. */
export function TagsSection() {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const tags = useEvery("/tags", "tags");
  return (
    <ListSection<Tag>
      title={settingsText.names.tags}
      lead={tagText.lead}
      read={tags}
      nameOf={({ name }) => name}
      empty={{ icon: "filter", title: tagText.emptyTitle, text: tagText.emptyText }}
      columns={[
        {
          key: "name",
          title: settingsText.name,
          cell: ({ name, comment }) => (
            <>
              <strong>{name}</strong>
              {comment ? <div class="faint small">{comment}</div> : null}
            </>
          ),
        },
        {
          key: "definition",
          title: tagText.definition,
          cell: ({ definition, isEvaluated }) =>
            definition === null ? <span class="faint">{tagText.byHand}</span> : (
              <>
                <code class="wrap">{definition}</code>
                {isEvaluated ? null : <span class="tag">{tagText.evaluating}</span>}
              </>
            ),
        },
        {
          key: "kernel",
          title: tagText.kernelOptions,
          cell: ({ kernelOptions }) => <code class="wrap">{kernelOptions}</code>,
        },
        {
          key: "machines",
          title: settingsText.machines,
          isRight: true,
          cell: ({ name, machineCount }) => (
            <Link href={`${paths.machines}?tag=${name}`}>{formatCount(machineCount)}</Link>
          ),
        },
      ]}
      edit={isAdmin
        ? {
          add: tagText.add,
          form: (tag, onClose) => <TagDialog tag={tag} onClose={onClose} />,
          removeText: ({ machineCount }) => tagText.removeText(machineCount),
          remove: async ({ id, version }) => {
            await api.delete("/tags/:tagId", { param: { tagId: id }, ifMatch: version });
            refresh("/tags");
          },
        }
        : undefined}
    />
  );
}
