import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";
import { api, ask } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { networksText, subnetText } from "../../strings/networks.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Page } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { AddressesTab } from "./AddressesTab.tsx";
import { DhcpTab } from "./DhcpTab.tsx";
import { MapTab } from "./MapTab.tsx";
import { refreshNetworks } from "./NetworkDialog.tsx";
import type { Subnet } from "./NetworksPage.tsx";

type Effects = readonly { what: string; changed: number; removed: number }[];

/** One subnet: its addresses on a map, who has them, and what DHCP says in it. */
export default function SubnetPage({ params }: PageProps) {
  const subnetId = Number(params.subnetId);
  const { tab = "map" } = params;
  const subnet = useApi("/subnets/:subnetId", { param: { subnetId } });
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const [effects, setEffects] = useState<Effects>();
  if (subnet.data === undefined) {
    return (
      <Page title={networksText.subnet}>
        {subnet.error ? <Unread error={subnet.error} onRetry={subnet.refetch} /> : <Waiting />}
      </Page>
    );
  }
  const { cidr, name, dhcpMode } = subnet.data;
  const lookWhatGoes = async () => {
    // Typed as either of two answers; a dry run has the one with effects.
    const query = { dryRun: true };
    const tried = await ask<{ effects: Effects }>("DELETE", "/subnets/:subnetId", {
      param: { subnetId },
      query,
    });
    setEffects(tried.effects);
  };
  return (
    <Page
      title={name && name !== cidr ? `${cidr} ${name}` : cidr}
      lead={`${subnetText.serves[dhcpMode]}.`}
      crumbs={<Crumbs subnet={subnet.data} />}
      actions={isAdmin
        ? (
          <Button icon="trash" onClick={() => void lookWhatGoes().catch(toastError)}>
            {networksText.remove}
          </Button>
        )
        : null}
    >
      <Tabs
        label={subnetText.views}
        current={tab}
        tabs={[
          { id: "map", href: paths.subnet(subnetId), label: subnetText.tabMap },
          {
            id: "addresses",
            href: paths.subnet(subnetId, "addresses"),
            label: subnetText.tabAddresses,
          },
          { id: "dhcp", href: paths.subnet(subnetId, "dhcp"), label: subnetText.tabDhcp },
        ]}
      />
      {tab === "dhcp"
        ? <DhcpTab key={subnetId} subnet={subnet.data} />
        : tab === "addresses"
        ? <AddressesTab subnet={subnet.data} />
        : <MapTab key={subnetId} subnet={subnet.data} />}
      {effects
        ? (
          <RemoveDialog
            subnet={subnet.data}
            effects={effects}
            onClose={() => setEffects(undefined)}
          />
        )
        : null}
    </Page>
  );
}

function Crumbs({ subnet: { siteId, vlanId } }: { subnet: Subnet }) {
  const site = useApi("/sites/:siteId", { param: { siteId } });
  const vlan = useApi("/vlans/:vlanId", { param: { vlanId } });
  const fabricId = vlan.data?.fabricId ?? 0;
  const fabric = useApi("/fabrics/:fabricId", { param: { fabricId } }, {
    isEnabled: vlan.data !== undefined,
  });
  return (
    <>
      <Link href={`${paths.networks}?site=${siteId}`}>{networksText.title}</Link>
      <span aria-hidden="true">›</span>
      <Link href={paths.site(siteId)}>{site.data?.name ?? siteId}</Link>
      {fabric.data && vlan.data
        ? (
          <>
            <span aria-hidden="true">›</span>
            <span>
              {networksText.fabricOf(fabric.data.name)}, {networksText.vid(vlan.data.vid)}
            </span>
          </>
        )
        : null}
    </>
  );
}

function RemoveDialog(
  { subnet, effects, onClose }: { subnet: Subnet; effects: Effects; onClose: () => void },
) {
  const [, navigate] = useLocation();
  const { id: subnetId, cidr, version, siteId } = subnet;
  const gone = effects.filter(({ removed, changed }) => removed + changed > 0);
  return (
    <ConfirmDialog
      title={networksText.removeTitle(cidr)}
      deed={networksText.remove}
      isDangerous
      typed={cidr}
      run={async () => {
        await api.delete("/subnets/:subnetId", { param: { subnetId }, ifMatch: version });
        navigate(`${paths.networks}?site=${siteId}`);
        refreshNetworks();
        toast("good", networksText.removed(cidr));
      }}
      onClose={onClose}
    >
      <p>{networksText.removeSubnetText}</p>
      {gone.length > 0
        ? (
          <ul class="effects">
            {gone.map(({ what, removed, changed }) => (
              <li key={what}>{networksText.effect(what.replaceAll("_", " "), removed, changed)}</li>
            ))}
          </ul>
        )
        : null}
    </ConfirmDialog>
  );
}
