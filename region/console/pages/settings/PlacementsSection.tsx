import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { ask } from "../../api/client.ts";
import { useEveryLoose } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import { placementText, settingsText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { formatCount } from "../../ui/format.ts";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { ListSection } from "./ListSection.tsx";

/** As `region/routes/placements.ts` answers; its routes are made in a loop, so they have no type. */
export interface Placement {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly machineCount: number;
  readonly version: number;
}
type Kind = "zones" | "pools";

/** Zones, or pools: they are the same to whoever edits them. */
export function PlacementsSection({ kind }: { kind: Kind }) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const placements = useEveryLoose<Placement>(`/${kind}`, kind);
  const text = placementText[kind];
  const filter = kind === "zones" ? "zone" : "pool";
  return (
    <ListSection<Placement>
      title={settingsText.names[kind]}
      lead={text.lead}
      read={placements}
      nameOf={({ name }) => name}
      empty={{ icon: "sites", title: text.emptyTitle, text: text.emptyText }}
      columns={[
        { key: "name", title: settingsText.name, cell: ({ name }) => <strong>{name}</strong> },
        {
          key: "description",
          title: settingsText.description,
          cell: ({ description }) => description,
        },
        {
          key: "machines",
          title: settingsText.machines,
          isRight: true,
          cell: ({ name, machineCount }) => (
            <Link href={`${paths.machines}?${filter}=${encodeURIComponent(name)}`}>
              {formatCount(machineCount)}
            </Link>
          ),
        },
      ]}
      edit={isAdmin
        ? {
          add: text.add,
          form: (row, onClose) => <PlacementDialog kind={kind} placement={row} onClose={onClose} />,
          removeText: () => text.removeText,
          remove: async ({ id, version }) => {
            await ask("DELETE", `/${kind}/:id`, { param: { id }, ifMatch: version });
            refresh(`/${kind}`);
          },
        }
        : undefined}
    />
  );
}

function PlacementDialog(
  { kind, placement, onClose }: {
    kind: Kind;
    placement: Placement | undefined;
    onClose: () => void;
  },
) {
  const [name, setName] = useState(placement?.name ?? "");
  const [description, setDescription] = useState(placement?.description ?? "");
  const text = placementText[kind];
  const save = async () => {
    const json = { name: name.trim(), description };
    if (placement) {
      const { id, version } = placement;
      await ask("PATCH", `/${kind}/:id`, { param: { id }, json, ifMatch: version });
    } else await ask("POST", `/${kind}`, { json });
    refresh(`/${kind}`);
  };
  return (
    <FormDialog
      title={placement ? placement.name : text.add}
      deed={placement ? words.save : text.add}
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
        </>
      )}
    </FormDialog>
  );
}
