import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { rereadMachines } from "../../fleet/fleet.ts";
import { scanText } from "../../strings/bmc.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { SelectField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { BmcFields } from "../machine/BmcFields.tsx";
import { bmcChangeOf, type BmcForm, NO_BMC } from "../machine/bmc_form.ts";
import { AddMachineDialog } from "../machines/AddMachineDialog.tsx";
import type { FoundBmc } from "./BmcScansCard.tsx";

/** Gives a BMC that was found to a machine that has none, or to one that is not here yet. */
export function AdoptDialog(
  { siteId, bmc, onClose }: { siteId: string; bmc: FoundBmc; onClose: () => void },
) {
  const { data } = useEvery("/machines", "machines", { siteId });
  const [form, setForm] = useState(() => formOf(bmc));
  const [chosen, setChosen] = useState("");
  const [isNew, setNew] = useState(false);
  const bare = data?.filter((machine) => isWithoutBmc(machine.bmc)) ?? [];
  const machine = bare.find(({ systemId }) => systemId === chosen);
  const action = useAction(async () => {
    if (!machine) return setNew(true);
    const { systemId, version, hostname } = machine;
    await api.patch("/machines/:systemId", {
      param: { systemId },
      ifMatch: version,
      json: { bmc: bmcChangeOf(form) },
    });
    rereadMachines([systemId]);
    refresh("/machines");
    refresh("/sites/:siteId/bmc-scans", { siteId });
    toast("good", scanText.adopted(bmc.address, hostname));
    onClose();
  });
  if (isNew) return <AddMachineDialog siteId={siteId} found={form} onClose={onClose} />;
  return (
    <Dialog
      title={scanText.adoptTitle(bmc.address)}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>
            {machine ? scanText.give : scanText.next}
          </Button>
        </>
      }
    >
      <SelectField<string>
        label={scanText.adoptMachine}
        hint={scanText.adoptHint}
        value={chosen}
        options={[
          { value: "", label: scanText.adoptNew },
          ...bare.map(({ systemId, hostname, macs }) => ({
            value: systemId,
            label: `${hostname} (${macs[0] ?? systemId})`,
          })),
        ]}
        onChange={setChosen}
      />
      {machine ? <BmcFields form={form} problem={action.problem} onChange={setForm} /> : null}
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}

/** Redfish where it is spoken, with the certificate that was seen. */
function formOf({ address, kinds, certificateSha256 = "" }: FoundBmc): BmcForm {
  const kind = kinds.includes("redfish") ? "redfish" : "ipmi";
  return { ...NO_BMC, kind, address, certificateSha256 };
}

function isWithoutBmc(bmc: { readonly kind: string } | null): boolean {
  return bmc === null || bmc.kind === "manual";
}
