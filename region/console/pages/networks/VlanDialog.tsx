import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { networksText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { refreshNetworks } from "./NetworkDialog.tsx";
import type { Vlan } from "./NetworksPage.tsx";

const NONE = "";

export function VlanDialog(
  { siteId, fabricId, vlan, onClose }: {
    siteId: string;
    fabricId: number | undefined;
    vlan: Vlan | undefined;
    onClose: () => void;
  },
) {
  const fabrics = useEvery("/fabrics", "fabrics", { siteId });
  const vlans = useEvery("/vlans", "vlans", { siteId });
  const spaces = useEvery("/spaces", "spaces");
  const [fabric, setFabric] = useState(fabricId === undefined ? NONE : String(fabricId));
  const [vid, setVid] = useState(vlan ? String(vlan.vid) : "");
  const [name, setName] = useState(vlan?.name ?? "");
  const [mtu, setMtu] = useState(String(vlan?.mtu ?? 1500));
  const [dhcp, setDhcp] = useState(vlan?.dhcp ?? true);
  const [space, setSpace] = useState(String(vlan?.spaceId ?? NONE));
  const [relay, setRelay] = useState(String(vlan?.relayVlanId ?? NONE));
  const fabricNow = fabric || String(fabrics.data?.[0]?.id ?? NONE);
  const fabricNames = new Map(fabrics.data?.map((each) => [each.id, each.name]));
  const relays = vlans.data?.filter(({ id }) => id !== vlan?.id) ?? [];
  const save = async () => {
    const json = {
      // Without a name it is called by its number.
      name: name.trim() || undefined,
      mtu: Number(mtu),
      dhcp,
      spaceId: space === NONE ? null : Number(space),
      relayVlanId: relay === NONE ? null : Number(relay),
    };
    if (vlan) {
      await api.patch("/vlans/:vlanId", {
        param: { vlanId: vlan.id },
        json: vlan.vid === 0 ? json : { ...json, vid: Number(vid) },
        ifMatch: vlan.version,
      });
    } else {
      await api.post("/vlans", {
        json: { ...json, fabricId: Number(fabricNow), vid: Number(vid) },
      });
    }
    refreshNetworks();
  };
  return (
    <FormDialog
      title={vlan ? networksText.change(networksText.vid(vlan.vid)) : networksText.addVlan}
      deed={vlan ? words.save : networksText.addVlan}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          {vlan ? null : (
            <SelectField
              label={networksText.fabric}
              value={fabricNow}
              options={(fabrics.data ?? []).map(({ id, name }) => ({
                value: String(id),
                label: name,
              }))}
              onChange={setFabric}
              fault={fault("fabricId")}
            />
          )}
          {vlan?.vid === 0 ? null : (
            <TextField
              label={networksText.vidField}
              hint={networksText.vidHint}
              value={vid}
              onInput={setVid}
              fault={fault("vid")}
              isFirst
              hasNoMemory
            />
          )}
          <TextField
            label={networksText.name}
            value={name}
            onInput={setName}
            fault={fault("name")}
            hasNoMemory
          />
          <TextField
            label={networksText.mtu}
            hint={networksText.mtuHint}
            value={mtu}
            onInput={setMtu}
            fault={fault("mtu")}
            hasNoMemory
          />
          <SelectField
            label={networksText.space}
            hint={networksText.spaceHint}
            value={space}
            options={[
              { value: NONE, label: networksText.noSpace },
              ...(spaces.data ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
            ]}
            onChange={setSpace}
            fault={fault("spaceId")}
          />
          <CheckField label={networksText.vlanDhcp} checked={dhcp} onChange={setDhcp} />
          <SelectField
            label={networksText.relay}
            hint={networksText.relayHint}
            value={relay}
            options={[
              { value: NONE, label: networksText.noRelay },
              ...relays.map(({ id, vid, fabricId, name }) => ({
                value: String(id),
                label: `${fabricNames.get(fabricId) ?? ""} · ${networksText.vid(vid)} ${name}`,
              })),
            ]}
            onChange={setRelay}
            fault={fault("relayVlanId")}
          />
        </>
      )}
    </FormDialog>
  );
}
