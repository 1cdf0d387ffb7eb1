import { Link } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery } from "../../api/every_page.ts";
import { paths } from "../../paths.ts";
import { networksText } from "../../strings/networks.ts";
import { sitesText } from "../../strings/sites.ts";
import { Button } from "../../ui/Button.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { MenuButton } from "../../ui/Menu.tsx";
import { Use } from "../sites/SiteNetworks.tsx";
import type { Editing } from "./NetworkDialog.tsx";
import type { Fabric, Space, Subnet, Vlan } from "./NetworksPage.tsx";

type Site = OutputOf<"/sites", "get">["sites"][number];
type OnEdit = ((editing: Editing) => void) | undefined;

/** Fabrics of a site with their VLANs and subnets, in one table. */
export function NetworkTree({ site, onEdit }: { site: Site; onEdit: OnEdit }) {
  const fabrics = useEvery("/fabrics", "fabrics", { siteId: site.id });
  const vlans = useEvery("/vlans", "vlans", { siteId: site.id });
  const subnets = useEvery("/subnets", "subnets", { siteId: site.id });
  const spaces = useEvery("/spaces", "spaces");
  const data = subnets.data && vlans.data && fabrics.data;
  const vlansOf = Map.groupBy(vlans.data ?? [], ({ fabricId }) => fabricId);
  const subnetsOf = Map.groupBy(subnets.data ?? [], ({ vlanId }) => vlanId);
  const spaceOf = new Map(spaces.data?.map((space) => [space.id, space]));
  return (
    <Card isBare>
      {subnets.data?.length === 0 ? <NoSubnets siteId={site.id} onEdit={onEdit} /> : null}
      <Loaded
        read={{ ...fabrics, error: fabrics.error ?? vlans.error ?? subnets.error, data }}
        isInCard
      >
        {(all) => (
          <div
            class="table-wrap"
            tabIndex={0}
            role="region"
            aria-label={networksText.subnetsOf(site.name)}
          >
            <table class="table network-tree">
              <thead>
                <tr>
                  <th scope="col">{networksText.vlan}</th>
                  <th scope="col">{networksText.subnet}</th>
                  <th scope="col">{networksText.dhcp}</th>
                  <th scope="col">{networksText.space}</th>
                  <th scope="col">{networksText.use}</th>
                </tr>
              </thead>
              {all.map((fabric) => (
                <FabricRows
                  key={fabric.id}
                  fabric={fabric}
                  vlans={vlansOf.get(fabric.id) ?? []}
                  subnetsOf={subnetsOf}
                  spaceOf={spaceOf}
                  onEdit={onEdit}
                />
              ))}
            </table>
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function NoSubnets({ siteId, onEdit }: { siteId: string; onEdit: OnEdit }) {
  return (
    <EmptyState
      icon="networks"
      title={networksText.noSubnetsTitle}
      actions={onEdit
        ? (
          <Button kind="primary" icon="plus" onClick={() => onEdit({ kind: "subnet", siteId })}>
            {networksText.addSubnet}
          </Button>
        )
        : null}
    >
      {networksText.noSubnetsText}
    </EmptyState>
  );
}

function FabricRows(
  { fabric, vlans, subnetsOf, spaceOf, onEdit }: {
    fabric: Fabric;
    vlans: readonly Vlan[];
    subnetsOf: ReadonlyMap<number, readonly Subnet[]>;
    spaceOf: ReadonlyMap<number, Space>;
    onEdit: OnEdit;
  },
) {
  const { siteId } = fabric;
  const name = networksText.fabricOf(fabric.name);
  return (
    <tbody>
      <tr class="fabric-row">
        <th colSpan={5} scope="rowgroup">
          <span class="row">
            {name}
            {fabric.description ? <span class="faint small">{fabric.description}</span> : null}
            {onEdit
              ? (
                <MenuButton
                  icon="more"
                  look="quiet"
                  isSmall
                  label={networksText.actionsOf(name)}
                  items={[
                    {
                      label: networksText.edit,
                      icon: "edit",
                      run: () => onEdit({ kind: "fabric", siteId, fabric }),
                    },
                    {
                      label: networksText.addVlan,
                      icon: "plus",
                      run: () => onEdit({ kind: "vlan", siteId, fabricId: fabric.id }),
                    },
                    {
                      label: networksText.remove,
                      icon: "trash",
                      isDangerous: true,
                      why: fabric.isDefault ? networksText.defaultFabric : undefined,
                      run: () => onEdit({ kind: "remove-fabric", siteId, fabric }),
                    },
                  ]}
                />
              )
              : null}
          </span>
        </th>
      </tr>
      {vlans.map((vlan) => {
        const subnets = subnetsOf.get(vlan.id) ?? [];
        const space = vlan.spaceId === null ? undefined : spaceOf.get(vlan.spaceId);
        const rows = subnets.length === 0 ? [undefined] : subnets;
        return rows.map((subnet, i) => (
          <tr key={`${vlan.id} ${subnet?.id}`}>
            {i === 0 ? <VlanCell vlan={vlan} rows={rows.length} onEdit={onEdit} /> : null}
            <td>
              {subnet
                ? <SubnetLink subnet={subnet} />
                : <span class="faint">{networksText.noSubnets}</span>}
            </td>
            <td>
              {subnet
                ? (vlan.dhcp ? sitesText.dhcpModes[subnet.dhcpMode] : sitesText.dhcpModes.off)
                : ""}
            </td>
            {i === 0
              ? (
                <td rowSpan={rows.length}>
                  {space?.name ?? <span class="faint">{networksText.noSpace}</span>}
                </td>
              )
              : null}
            <td>{subnet ? <Use subnetId={subnet.id} /> : null}</td>
          </tr>
        ));
      })}
    </tbody>
  );
}

function VlanCell({ vlan, rows, onEdit }: { vlan: Vlan; rows: number; onEdit: OnEdit }) {
  const name = networksText.vid(vlan.vid);
  const { siteId } = vlan;
  return (
    <th scope="row" rowSpan={rows} class="vlan-cell">
      <span class="row tight">
        <strong>{name}</strong>
        {vlan.name && vlan.name !== name && vlan.name !== "untagged"
          ? <span class="muted">{vlan.name}</span>
          : null}
        {vlan.mtu === 1500 ? null : <span class="tag">{networksText.mtuOf(vlan.mtu)}</span>}
        {onEdit
          ? (
            <MenuButton
              icon="more"
              look="quiet"
              isSmall
              label={networksText.actionsOf(`${name} ${vlan.name}`)}
              items={[
                {
                  label: networksText.edit,
                  icon: "edit",
                  run: () => onEdit({ kind: "vlan", siteId, vlan }),
                },
                {
                  label: networksText.addSubnet,
                  icon: "plus",
                  run: () => onEdit({ kind: "subnet", siteId, vlanId: vlan.id }),
                },
                {
                  label: networksText.remove,
                  icon: "trash",
                  isDangerous: true,
                  run: () => onEdit({ kind: "remove-vlan", siteId, vlan }),
                },
              ]}
            />
          )
          : null}
      </span>
      {vlan.dhcp ? null : <span class="faint small">{networksText.vlanDhcpOff}</span>}
    </th>
  );
}

export function SubnetLink({ subnet: { id, cidr, name } }: { subnet: Subnet }) {
  return (
    <Link href={paths.subnet(id)}>
      <code>{cidr}</code>
      {name === cidr || name === "" ? null : ` ${name}`}
    </Link>
  );
}
