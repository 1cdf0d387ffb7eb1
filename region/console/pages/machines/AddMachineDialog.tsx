import { useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { api } from "../../api/client.ts";
import { useApi } from "../../api/queries.ts";
import { rereadMachines } from "../../fleet/fleet.ts";
import { paths } from "../../paths.ts";
import { addText } from "../../strings/add_machine.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { CheckField, faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { act } from "../../api/machine_actions.ts";
import { type BmcForm, bmcInputOf, isWithoutBmc, NO_BMC } from "../machine/bmc_form.ts";
import { BmcFields } from "../machine/BmcFields.tsx";

/** A machine by its MAC and, where it has one, its BMC. `found`: one that a scan found. */
export function AddMachineDialog(
  { siteId, found, onClose }: { siteId?: string; found?: BmcForm; onClose: () => void },
) {
  const [, navigate] = useLocation();
  const { data } = useApi("/sites", { query: { limit: 200 } });
  const [chosen, setChosen] = useState(siteId ?? "");
  const [hostname, setHostname] = useState("");
  const [macs, setMacs] = useState("");
  const [bmc, setBmc] = useState(found ?? NO_BMC);
  const [isCommissioned, setCommissioned] = useState(true);
  const sites = data?.sites ?? [];
  const site = chosen || sites[0]?.id || "";
  const input = isWithoutBmc(bmc) ? undefined : bmcInputOf(bmc);
  const canSwitch = input !== undefined && input.kind !== "manual";
  const action = useAction(async () => {
    const machine = await api.post("/machines", {
      json: {
        siteId: site,
        macs: macs.split(/[\s,]+/).filter(Boolean),
        ...(hostname.trim() ? { hostname: hostname.trim() } : {}),
        ...(input ? { bmc: input } : {}),
      },
    });
    const { systemId } = machine;
    if (canSwitch && isCommissioned) await act(systemId, "commission");
    rereadMachines([systemId]);
    toast("good", addText.added(machine.hostname));
    onClose();
    navigate(paths.machine(systemId));
  });
  const { problem } = action;
  return (
    <Dialog
      title={addText.title}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{addText.add}</Button>
        </>
      }
    >
      <p class="muted">{addText.lead}</p>
      <SelectField
        label={addText.site}
        value={site}
        options={sites.map(({ id, name }) => ({ value: id, label: name }))}
        fault={faultOf(problem, "siteId")}
        onChange={setChosen}
      />
      <TextField
        label={addText.macs}
        hint={addText.macsHint}
        fault={faultOf(problem, "macs") ?? faultOf(problem, "macs[0]")}
        value={macs}
        onInput={setMacs}
        isMono
        isRequired
        hasNoMemory
      />
      <TextField
        label={addText.hostname}
        hint={addText.hostnameHint}
        fault={faultOf(problem, "hostname")}
        value={hostname}
        onInput={setHostname}
        hasNoMemory
      />
      <BmcFields form={bmc} problem={problem} onChange={setBmc} />
      {canSwitch
        ? (
          <CheckField
            label={addText.commission}
            checked={isCommissioned}
            onChange={setCommissioned}
          />
        )
        : null}
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
