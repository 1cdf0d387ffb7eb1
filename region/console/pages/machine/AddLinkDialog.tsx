import { useState } from "preact/hooks";
import { LINK_MODES, type LinkMode } from "@/shared/machine/interfaces.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { machineText } from "../../strings/machine.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import type { Interface } from "./NetworkTab.tsx";
import type { Machine } from "./why_not.ts";

/** One more way for an interface to come by an address. */
export function AddLinkDialog(
  { machine: { systemId, siteId }, iface, onClose }: {
    machine: Machine;
    iface: Interface;
    onClose: () => void;
  },
) {
  const [mode, setMode] = useState<LinkMode>("auto");
  const [subnet, setSubnet] = useState("");
  const [ip, setIp] = useState("");
  const { data } = useApi("/subnets", { query: { siteId, limit: 200 } });
  const subnets = data?.subnets ?? [];
  const hasSubnet = mode === "auto" || mode === "static";
  const subnetId = Number(subnet || subnets[0]?.id);
  const action = useAction(async () => {
    await api.post("/machines/:systemId/interfaces/:interfaceId/links", {
      param: { systemId, interfaceId: iface.id },
      ifMatch: iface.version,
      json: {
        mode,
        ...(hasSubnet ? { subnetId } : {}),
        ...(mode === "static" && ip.trim() ? { ip: ip.trim() } : {}),
      },
    });
    refresh("/machines/:systemId", { systemId });
    onClose();
  });
  return (
    <Dialog
      title={machineText.addLinkTitle(iface.name)}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{machineText.addLink}</Button>
        </>
      }
    >
      <SelectField
        label={machineText.mode}
        value={mode}
        options={LINK_MODES.map((each) => ({ value: each, label: machineText.linkModes[each] }))}
        onChange={setMode}
      />
      {hasSubnet
        ? (
          <SelectField
            label={machineText.subnet}
            value={subnet || String(subnets[0]?.id ?? "")}
            options={subnets.map(({ id, cidr, name }) => ({
              value: String(id),
              label: name === cidr ? cidr : `${cidr} ${name}`,
            }))}
            fault={faultOf(action.problem, "subnetId")}
            onChange={setSubnet}
          />
        )
        : null}
      {mode === "static"
        ? (
          <TextField
            label={machineText.ip}
            hint={machineText.ipHint}
            value={ip}
            fault={faultOf(action.problem, "ip")}
            onInput={setIp}
            isMono
            hasNoMemory
          />
        )
        : null}
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}
