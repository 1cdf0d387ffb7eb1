import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery, useEveryLoose } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { groupText, settingsText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { ListSection } from "./ListSection.tsx";
import type { Placement } from "./PlacementsSection.tsx";
import { BoxesField, PoolsField } from "./PoolsField.tsx";

type Group = OutputOf<"/groups", "get">["groups"][number];

/** Groups of users, and the pools that they open. */
export function GroupsSection() {
  const groups = useEvery("/groups", "groups");
  const users = useEvery("/users", "users");
  const pools = useEveryLoose<Placement>("/pools", "pools");
  const userOf = new Map(users.data?.map(({ id, username }) => [id, username]));
  const poolOf = new Map(pools.data?.map(({ id, name }) => [id, name]));
  const names = (ids: readonly number[], of: ReadonlyMap<number, string>) =>
    ids.map((id) => of.get(id) ?? String(id)).join(", ");
  return (
    <ListSection<Group>
      title={settingsText.names.groups}
      lead={groupText.lead}
      read={groups}
      nameOf={({ name }) => name}
      empty={{ icon: "user", title: groupText.emptyTitle, text: groupText.emptyText }}
      columns={[
        {
          key: "name",
          title: settingsText.name,
          cell: ({ name, description }) => (
            <>
              <strong>{name}</strong>
              {description ? <div class="faint small">{description}</div> : null}
            </>
          ),
        },
        {
          key: "members",
          title: groupText.members,
          cell: ({ memberIds }) =>
            names(memberIds, userOf) || <span class="faint">{groupText.nobody}</span>,
        },
        {
          key: "pools",
          title: groupText.pools,
          cell: ({ poolIds }) => names(poolIds, poolOf) || <span class="faint">{words.none}</span>,
        },
      ]}
      edit={{
        add: groupText.add,
        form: (group, onClose) => (
          <GroupDialog
            group={group}
            users={users.data?.map(({ id, username }) => ({ id, label: username })) ?? []}
            onClose={onClose}
          />
        ),
        removeText: () => groupText.removeText,
        remove: async ({ id, version }) => {
          await api.delete("/groups/:groupId", { param: { groupId: id }, ifMatch: version });
          refresh("/groups");
        },
      }}
    />
  );
}

function GroupDialog(
  { group, users, onClose }: {
    group: Group | undefined;
    users: readonly { id: number; label: string }[];
    onClose: () => void;
  },
) {
  const [name, setName] = useState(group?.name ?? "");
  const [description, setDescription] = useState(group?.description ?? "");
  const [memberIds, setMemberIds] = useState<readonly number[]>(group?.memberIds ?? []);
  const [poolIds, setPoolIds] = useState<readonly number[]>(group?.poolIds ?? []);
  const save = async () => {
    const json = {
      name: name.trim(),
      description,
      memberIds: [...memberIds],
      poolIds: [...poolIds],
    };
    if (group) {
      await api.patch("/groups/:groupId", {
        param: { groupId: group.id },
        json,
        ifMatch: group.version,
      });
    } else await api.post("/groups", { json });
    refresh("/groups");
  };
  return (
    <FormDialog
      title={group ? group.name : groupText.add}
      deed={group ? words.save : groupText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={settingsText.name}
            value={name}
            onInput={setName}
            fault={fault("name")}
            isFirst
            hasNoMemory
          />
          <TextField
            label={settingsText.description}
            value={description}
            onInput={setDescription}
            fault={fault("description")}
            hasNoMemory
          />
          <BoxesField
            label={groupText.members}
            options={users}
            value={memberIds}
            onChange={setMemberIds}
          />
          <PoolsField label={groupText.pools} value={poolIds} onChange={setPoolIds} />
        </>
      )}
    </FormDialog>
  );
}
