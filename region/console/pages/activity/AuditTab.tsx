import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery, usePages } from "../../api/every_page.ts";
import { activityText } from "../../strings/activity.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { useFilters } from "./activity_query.ts";
import { ChainCard } from "./ChainCard.tsx";
import { FilterSelect, FilterText } from "./FilterSelect.tsx";
import { diffJson, type FieldChange } from "./json_diff.ts";

type Entry = OutputOf<"/audit", "get">["entries"][number];

const PAGE = 50;
const EVERY_MS = 20_000;

/** Who changed what, with what it was before, and whether the record itself is whole. */
export function AuditTab() {
  const filters = useFilters();
  const [pages, setPages] = useState(1);
  const [action, userId] = [filters.get("action"), filters.get("user")];
  const users = useEvery("/users", "users");
  const entries = usePages("/audit", "entries", {
    query: { action: action || undefined, userId: userId || undefined, limit: PAGE },
    pages,
    everyMs: EVERY_MS,
  });
  return (
    <>
      <ChainCard />
      <div class="filters">
        <FilterSelect
          label={activityText.user}
          value={userId}
          options={[
            { value: "", label: activityText.allUsers },
            ...(users.data ?? []).map(({ id, username }) => ({
              value: String(id),
              label: username,
            })),
          ]}
          onChange={(value) => filters.set("user", value)}
        />
        <FilterText
          label={activityText.action}
          placeholder="machine.deploy"
          value={action}
          onChange={(value) => filters.set("action", value)}
        />
      </div>
      <Card isBare>
        <Loaded read={entries} isInCard>
          {({ rows, hasMore }) =>
            rows.length === 0
              ? (
                <EmptyState
                  icon="activity"
                  title={filters.isAny ? activityText.noneFit : activityText.noAudit}
                  actions={filters.isAny
                    ? <Button onClick={filters.clear}>{activityText.clear}</Button>
                    : null}
                />
              )
              : (
                <>
                  <ol class="audit">
                    {rows.map((entry) => <AuditRow key={entry.id} entry={entry} />)}
                  </ol>
                  {hasMore
                    ? (
                      <div class="card-body">
                        <Button isSmall onClick={() => setPages(pages + 1)}>
                          {activityText.older}
                        </Button>
                      </div>
                    )
                    : null}
                </>
              )}
        </Loaded>
      </Card>
    </>
  );
}

function AuditRow({ entry }: { entry: Entry }) {
  const { action, username, userId, at, objectName, objectId, before, after } = entry;
  const changes = diffJson(before, after);
  const what = objectName ?? objectId;
  const kind = before === null && after !== null
    ? activityText.made
    : after === null && before !== null
    ? activityText.removedWord
    : activityText.changes(changes.length);
  return (
    <li>
      <details class="audit-entry">
        <summary>
          <code class="audit-action">{action}</code>
          <span class="grow cut">
            <strong>{what}</strong> <span class="faint">{kind}</span>
          </span>
          <span class="muted">{userId === null ? activityText.region : username}</span>
          <span class="faint small audit-when">
            <TimeAgo at={at} />
          </span>
        </summary>
        <div class="audit-more">
          <Diff changes={changes} label={activityText.details(action)} />
          <Origin entry={entry} />
        </div>
      </details>
    </li>
  );
}

function Origin({ entry: { position, remoteAddress, requestId } }: { entry: Entry }) {
  return (
    <p class="faint small">
      {position === null ? activityText.notSealed : activityText.sealedAt(position)}
      {remoteAddress ? ` · ${activityText.from(remoteAddress)}` : ""}
      {requestId
        ? (
          <>
            {" "}· {activityText.request} <code>{requestId}</code>
          </>
        )
        : null}
    </p>
  );
}

function Diff({ changes, label }: { changes: readonly FieldChange[]; label: string }) {
  if (changes.length === 0) return <p class="muted">{activityText.noChange}</p>;
  // Of what was made there is no before, of what was removed no after.
  const hasBefore = changes.some(({ before }) => before !== undefined);
  const hasAfter = changes.some(({ after }) => after !== undefined);
  return (
    <div class="table-wrap" tabIndex={0} role="region" aria-label={label}>
      <table class="table diff">
        <thead>
          <tr>
            <th scope="col">{activityText.field}</th>
            {hasBefore ? <th scope="col">{activityText.before}</th> : null}
            {hasAfter ? <th scope="col">{activityText.after}</th> : null}
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, before, after }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              {hasBefore
                ? <td>{before === undefined ? <Nothing /> : <del>{before}</del>}</td>
                : null}
              {hasAfter ? <td>{after === undefined ? <Nothing /> : <ins>{after}</ins>}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Nothing() {
  return <span class="faint">{activityText.nothing}</span>;
}
