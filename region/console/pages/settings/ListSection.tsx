import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Read } from "../../api/queries.ts";
import { settingsText } from "../../strings/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import type { IconName } from "../../ui/Icon.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { MenuButton, type MenuItem } from "../../ui/Menu.tsx";
import { Card } from "../../ui/Page.tsx";
import { type Column, Table } from "../../ui/Table.tsx";

export interface ListSectionProps<T extends { readonly id: number }> {
  readonly title: string;
  readonly lead: string;
  readonly read: Read<readonly T[]>;
  readonly columns: readonly Column<T>[];
  readonly nameOf: (row: T) => string;
  readonly empty: { readonly icon: IconName; readonly title: string; readonly text?: string };
  /** Absent: whoever looks may change nothing. */
  readonly edit?: {
    readonly add: string;
    /** The form of a row, or without one of a new one. */
    readonly form: (row: T | undefined, onClose: () => void) => ComponentChildren;
    /** Rows have no form, they are made and removed only. */
    readonly isNewOnly?: boolean;
    /** What its button says, where that is not "Remove". */
    readonly deed?: string;
    readonly removeText: (row: T) => string;
    /** What has to be typed before it goes. */
    readonly typed?: (row: T) => string;
    readonly whyNotRemove?: (row: T) => string | undefined;
    readonly remove: (row: T) => Promise<unknown>;
    readonly more?: (row: T) => readonly MenuItem[];
  };
}

/** Some dozens of one kind of thing: a table of them, and how they are made, changed and removed. */
export function ListSection<T extends { readonly id: number }>(props: ListSectionProps<T>) {
  const { title, lead, read, columns, nameOf, empty, edit } = props;
  const [editing, setEditing] = useState<T | "new">();
  const [leaving, setLeaving] = useState<T>();
  const close = () => setEditing(undefined);
  const add = edit
    ? <Button kind="primary" icon="plus" onClick={() => setEditing("new")}>{edit.add}</Button>
    : null;
  const actions: Column<T> = {
    key: "actions",
    title: <span class="unseen">{settingsText.edit}</span>,
    isRight: true,
    cell: (row) => (
      <MenuButton
        icon="more"
        look="quiet"
        isSmall
        label={settingsText.actionsOf(nameOf(row))}
        items={() => [
          ...(edit?.isNewOnly ? [] : [{
            label: settingsText.edit,
            icon: "edit" as const,
            run: () => setEditing(row),
          }]),
          ...(edit?.more?.(row) ?? []),
          {
            label: edit?.deed ?? settingsText.remove,
            icon: "trash",
            isDangerous: true,
            why: edit?.whyNotRemove?.(row),
            run: () => setLeaving(row),
          },
        ]}
      />
    ),
  };
  const isEmpty = read.data?.length === 0;
  return (
    <>
      <div class="spread section-head">
        <p class="muted">{lead}</p>
        {isEmpty ? null : add}
      </div>
      <Card isBare>
        <Loaded read={read} isInCard>
          {(rows) =>
            rows.length === 0
              ? (
                <EmptyState icon={empty.icon} title={empty.title} actions={add}>
                  {empty.text}
                </EmptyState>
              )
              : (
                <Table<T>
                  label={title}
                  rows={rows}
                  keyOf={({ id }) => id}
                  columns={edit ? [...columns, actions] : columns}
                />
              )}
        </Loaded>
      </Card>
      {editing && edit ? edit.form(editing === "new" ? undefined : editing, close) : null}
      {leaving && edit
        ? (
          <ConfirmDialog
            title={settingsText.removeTitle(nameOf(leaving))}
            deed={edit.deed ?? settingsText.remove}
            isDangerous
            typed={edit.typed?.(leaving)}
            run={() => edit.remove(leaving)}
            onClose={() => setLeaving(undefined)}
          >
            <p>{edit.removeText(leaving)}</p>
          </ConfirmDialog>
        )
        : null}
    </>
  );
}
