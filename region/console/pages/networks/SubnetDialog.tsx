import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { networksText, subnetText } from "../../strings/networks.ts";
import { SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import { addressFault, networkFault } from "./address_faults.ts";
import { refreshNetworks } from "./NetworkDialog.tsx";

/** Tells a site of a network; its ranges and the rest are set on its own page. */
export function SubnetDialog(
  { siteId, vlanId, onClose, onMade }: {
    siteId: string;
    vlanId: number | undefined;
    onClose: () => void;
    onMade: (subnetId: number) => void;
  },
) {
  const fabrics = useEvery("/fabrics", "fabrics", { siteId });
  const vlans = useEvery("/vlans", "vlans", { siteId });
  const [cidr, setCidr] = useState("");
  const [name, setName] = useState("");
  const [gateway, setGateway] = useState("");
  const [mode, setMode] = useState<keyof typeof subnetText.modes>("serve");
  const [vlan, setVlan] = useState(vlanId === undefined ? "" : String(vlanId));
  const [typedCidr, typedGateway] = [useSettled(cidr), useSettled(gateway)];
  const vlanNow = vlan || String(vlans.data?.[0]?.id ?? "");
  const fabricNames = new Map(fabrics.data?.map((each) => [each.id, each.name]));
  return (
    <FormDialog
      title={networksText.addSubnet}
      deed={networksText.addSubnet}
      run={async () => {
        const made = await api.post("/subnets", {
          json: {
            siteId,
            cidr: cidr.trim(),
            vlanId: vlanNow === "" ? undefined : Number(vlanNow),
            name: name.trim() || undefined,
            gateway: gateway.trim() || undefined,
            dhcpMode: mode,
          },
        });
        refreshNetworks();
        onMade(made.id);
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={networksText.cidr}
            hint={networksText.cidrHint}
            value={cidr}
            onInput={setCidr}
            fault={networkFault(typedCidr) ?? fault("cidr")}
            isMono
            isFirst
            hasNoMemory
          />
          <TextField
            label={networksText.name}
            value={name}
            onInput={setName}
            fault={fault("name")}
            hasNoMemory
          />
          <TextField
            label={networksText.gateway}
            hint={networksText.gatewayHint}
            value={gateway}
            onInput={setGateway}
            fault={addressFault(typedGateway) ?? fault("gateway")}
            isMono
            hasNoMemory
          />
          <SelectField
            label={networksText.vlan}
            value={vlanNow}
            options={(vlans.data ?? []).map(({ id, vid, fabricId, name }) => ({
              value: String(id),
              label: [fabricNames.get(fabricId), networksText.vid(vid), vid === 0 ? "" : name]
                .filter(Boolean).join(" · "),
            }))}
            onChange={setVlan}
            fault={fault("vlanId")}
          />
          <SelectField
            label={subnetText.mode}
            value={mode}
            options={Object.entries(subnetText.modes).map(([value, label]) => ({
              value: value as keyof typeof subnetText.modes, // its own keys
              label,
            }))}
            onChange={setMode}
            fault={fault("dhcpMode")}
          />
        </>
      )}
    </FormDialog>
  );
}
