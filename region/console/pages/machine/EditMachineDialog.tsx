import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { ensureTags } from "../../api/ensure_tags.ts";
import { refresh, useAsk } from "../../api/queries.ts";
import { machineText } from "../../strings/machine.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import { bmcChangeOf, bmcFormOf } from "./bmc_form.ts";
import { BmcFields } from "./BmcFields.tsx";
import type { Machine } from "./why_not.ts";

interface Named {
  readonly name: string;
}
const LIMIT = { query: { limit: 200 } };

/** What people say of a machine; refused if somebody else changed it meanwhile. */
export function EditMachineDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { systemId, version } = machine;
  const [form, setForm] = useState({
    hostname: machine.hostname,
    description: machine.description,
    zone: machine.zone,
    pool: machine.pool,
    tags: machine.tags.join(", "),
  });
  const [bmc, setBmc] = useState(() => bmcFormOf(machine));
  const set = (name: keyof typeof form) => (value: string) => setForm({ ...form, [name]: value });
  const { data: zones } = useAsk<{ zones: Named[] }>("/zones", LIMIT);
  const { data: pools } = useAsk<{ pools: Named[] }>("/pools", LIMIT);
  const isBmcChanged = JSON.stringify(bmc) !== JSON.stringify(bmcFormOf(machine));
  const action = useAction(async () => {
    const tags = form.tags.split(",").map((tag) => tag.trim()).filter(Boolean);
    await ensureTags(tags.filter((tag) => !machine.tags.includes(tag)));
    await api.patch("/machines/:systemId", {
      param: { systemId },
      ifMatch: version,
      json: {
        hostname: form.hostname.trim(),
        description: form.description,
        zone: form.zone,
        pool: form.pool,
        tags: {
          add: tags.filter((tag) => !machine.tags.includes(tag)),
          remove: machine.tags.filter((tag) => !tags.includes(tag)),
        },
        ...(isBmcChanged ? { bmc: bmcChangeOf(bmc) } : {}),
      },
    });
    refresh("/machines/:systemId", { systemId });
    onClose();
  });
  const { problem } = action;
  const options = (all: readonly Named[] | undefined, now: string) =>
    (all ?? [{ name: now }]).map(({ name }) => ({ value: name, label: name }));
  return (
    <Dialog
      title={machineText.editTitle}
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{words.save}</Button>
        </>
      }
    >
      <TextField
        label={machineText.hostname}
        value={form.hostname}
        fault={faultOf(problem, "hostname")}
        onInput={set("hostname")}
        hasNoMemory
      />
      <TextField
        label={machineText.description}
        value={form.description}
        fault={faultOf(problem, "description")}
        onInput={set("description")}
        hasNoMemory
      />
      <TextField
        label={machineText.tags}
        hint={machineText.tagsHint}
        value={form.tags}
        fault={faultOf(problem, "tags")}
        onInput={set("tags")}
        hasNoMemory
      />
      <div class="pair">
        <SelectField
          label={machineText.zone}
          value={form.zone}
          options={options(zones?.zones, form.zone)}
          onChange={set("zone")}
        />
        <SelectField
          label={machineText.pool}
          value={form.pool}
          options={options(pools?.pools, form.pool)}
          onChange={set("pool")}
        />
      </div>
      <BmcFields form={bmc} problem={problem} onChange={setBmc} isChange={machine.bmc !== null} />
      <ProblemNote problem={problem} />
    </Dialog>
  );
}
