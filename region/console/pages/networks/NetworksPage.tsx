import { useState } from "preact/hooks";
import { Link, useLocation, useSearchParams } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery } from "../../api/every_page.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { networksText } from "../../strings/networks.ts";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { Page } from "../../ui/Page.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { type Editing, NetworkDialog } from "./NetworkDialog.tsx";
import { NetworkTree } from "./NetworkTree.tsx";
import { SpacesCard } from "./SpacesCard.tsx";

export type Fabric = OutputOf<"/fabrics", "get">["fabrics"][number];
export type Vlan = OutputOf<"/vlans", "get">["vlans"][number];
export type Subnet = OutputOf<"/subnets", "get">["subnets"][number];
export type Space = OutputOf<"/spaces", "get">["spaces"][number];

/** What a site is connected to: fabrics, the VLANs in them and their subnets; and spaces across sites. */
export default function NetworksPage({ params: { view } }: PageProps) {
  const [search, setSearch] = useSearchParams();
  const [, navigate] = useLocation();
  const [editing, setEditing] = useState<Editing>();
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const sites = useEvery("/sites", "sites");
  const byName = [...sites.data ?? []].sort((a, b) => a.name.localeCompare(b.name));
  const site = byName.find(({ id }) => id === search.get("site")) ?? byName[0];
  const isSpaces = view === "spaces";
  const open = (kind: Editing["kind"]) => () => setEditing({ kind, siteId: site?.id ?? "" });
  const add = (
    <MenuButton
      icon="plus"
      look="primary"
      items={[
        { label: networksText.addSubnet, run: open("subnet") },
        { label: networksText.addVlan, run: open("vlan") },
        { label: networksText.addFabric, run: open("fabric") },
        { label: networksText.addSpace, run: open("space") },
      ]}
    >
      {networksText.add}
    </MenuButton>
  );
  return (
    <Page
      title={networksText.title}
      lead={networksText.lead}
      isReadable
      actions={isAdmin && site ? add : null}
    >
      <Loaded read={sites}>
        {() =>
          site === undefined
            ? (
              <EmptyState
                icon="networks"
                title={networksText.noSiteTitle}
                actions={
                  <Link class="button primary" href={paths.sites}>{networksText.toSites}</Link>
                }
              >
                {networksText.noSiteText}
              </EmptyState>
            )
            : (
              <>
                <Tabs
                  label={networksText.views}
                  current={isSpaces ? "spaces" : "fabrics"}
                  tabs={[
                    { id: "fabrics", href: paths.networks, label: networksText.tabFabrics },
                    {
                      id: "spaces",
                      href: `${paths.networks}/spaces`,
                      label: networksText.tabSpaces,
                    },
                  ]}
                />
                {isSpaces
                  ? <SpacesCard sites={byName} onEdit={isAdmin ? setEditing : undefined} />
                  : (
                    <>
                      {byName.length > 1
                        ? (
                          <label class="row">
                            <span class="muted">{networksText.site}</span>
                            <select
                              class="select site-select"
                              value={site.id}
                              onChange={({ currentTarget }) =>
                                setSearch({ site: currentTarget.value })}
                            >
                              {byName.map(({ id, name }) => (
                                <option key={id} value={id}>{name}</option>
                              ))}
                            </select>
                          </label>
                        )
                        : null}
                      <NetworkTree
                        key={site.id}
                        site={site}
                        onEdit={isAdmin ? setEditing : undefined}
                      />
                    </>
                  )}
              </>
            )}
      </Loaded>
      {editing
        ? (
          <NetworkDialog
            editing={editing}
            onClose={() => setEditing(undefined)}
            onMade={(subnetId) => navigate(paths.subnet(subnetId))}
          />
        )
        : null}
    </Page>
  );
}
