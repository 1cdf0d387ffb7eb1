import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery } from "../../api/every_page.ts";
import { networksText } from "../../strings/networks.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { Card } from "../../ui/Page.tsx";
import { Table } from "../../ui/Table.tsx";
import type { Editing } from "./NetworkDialog.tsx";
import type { Space } from "./NetworksPage.tsx";

type Site = OutputOf<"/sites", "get">["sites"][number];

/** Spaces, and which VLANs of which sites are in each. */
export function SpacesCard(
  { sites, onEdit }: { sites: readonly Site[]; onEdit: ((editing: Editing) => void) | undefined },
) {
  const spaces = useEvery("/spaces", "spaces");
  const vlans = useEvery("/vlans", "vlans");
  const fabrics = useEvery("/fabrics", "fabrics");
  const nameOf = new Map(sites.map(({ id, name }) => [id, name]));
  const fabricOf = new Map(fabrics.data?.map(({ id, name }) => [id, name]));
  const vlansOf = Map.groupBy(vlans.data ?? [], ({ spaceId }) => spaceId);
  return (
    <Card isBare>
      <Loaded read={spaces} isInCard>
        {(all) =>
          all.length === 0
            ? (
              <EmptyState
                icon="networks"
                title={networksText.noSpacesTitle}
                actions={onEdit
                  ? (
                    <Button
                      kind="primary"
                      icon="plus"
                      onClick={() => onEdit({ kind: "space", siteId: "" })}
                    >
                      {networksText.addSpace}
                    </Button>
                  )
                  : null}
              >
                {networksText.noSpacesText}
              </EmptyState>
            )
            : (
              <Table<Space>
                label={networksText.tabSpaces}
                rows={all}
                keyOf={({ id }) => id}
                columns={[
                  {
                    key: "name",
                    title: networksText.space,
                    cell: ({ name }) => <strong>{name}</strong>,
                  },
                  {
                    key: "description",
                    title: networksText.description,
                    cell: ({ description }) => description,
                  },
                  {
                    key: "vlans",
                    title: networksText.spaceVlans,
                    cell: ({ id }) => {
                      const inside = vlansOf.get(id) ?? [];
                      if (inside.length === 0) {
                        return <span class="faint">{networksText.spaceNone}</span>;
                      }
                      return (
                        <ul class="stack tight">
                          {inside.map((vlan) => (
                            <li key={vlan.id}>
                              {nameOf.get(vlan.siteId)} · {fabricOf.get(vlan.fabricId)} ·{" "}
                              {networksText.vid(vlan.vid)}
                            </li>
                          ))}
                        </ul>
                      );
                    },
                  },
                  {
                    key: "actions",
                    title: "",
                    isRight: true,
                    cell: (space) =>
                      onEdit
                        ? (
                          <MenuButton
                            icon="more"
                            look="quiet"
                            isSmall
                            label={networksText.actionsOf(space.name)}
                            items={[
                              {
                                label: networksText.edit,
                                icon: "edit",
                                run: () => onEdit({ kind: "space", siteId: "", space }),
                              },
                              {
                                label: networksText.remove,
                                icon: "trash",
                                isDangerous: true,
                                run: () => onEdit({ kind: "remove-space", siteId: "", space }),
                              },
                            ]}
                          />
                        )
                        : null,
                  },
                ]}
              />
            )}
      </Loaded>
    </Card>
  );
}
