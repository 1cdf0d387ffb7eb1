import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { subnetText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { formatCount } from "../../ui/format.ts";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { useSettled } from "../../ui/use_settled.ts";
import { addressFault } from "./address_faults.ts";
import type { Choice, IpRange } from "./MapTab.tsx";

type Kind = IpRange["kind"];

export function refreshAddresses(): void {
  for (const path of ["/ip-ranges", "/subnets", "/reservations", "/ip-addresses"]) refresh(path);
}

/** The same range as on the map, in fields: a new one, or one whose ends move. */
export function RangeForm(
  { subnetId, choice, size, onChoose }: {
    subnetId: number;
    choice: Choice;
    /** How many addresses it has; undefined: it is none yet. */
    size: bigint | undefined;
    onChoose: (choice: Choice | undefined) => void;
  },
) {
  const { range } = choice;
  const [kind, setKind] = useState<Kind>("dynamic");
  const [comment, setComment] = useState(range?.comment ?? "");
  const [typedFirst, typedLast] = [useSettled(choice.first), useSettled(choice.last)];
  const ends = { first: choice.first.trim(), last: choice.last.trim() };
  const action = useAction(async () => {
    if (range) await saveEnds(range, { ...ends, comment });
    else {
      await api.post("/ip-ranges", { json: { subnetId, kind, ...ends, comment } });
      toast("good", subnetText.rangeAdded);
    }
    refreshAddresses();
    onChoose(undefined);
  });
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        action.run();
      }}
    >
      <TextField
        label={subnetText.first}
        value={choice.first}
        onInput={(first) => onChoose({ ...choice, first })}
        fault={addressFault(typedFirst) ?? faultOf(action.problem, "first")}
        isMono
        hasNoMemory
      />
      <TextField
        label={subnetText.last}
        hint={size === undefined ? undefined : subnetText.count(formatCount(Number(size)))}
        value={choice.last}
        onInput={(last) => onChoose({ ...choice, last })}
        fault={addressFault(typedLast) ?? faultOf(action.problem, "last")}
        isMono
        hasNoMemory
      />
      {range ? null : (
        <SelectField<Kind>
          label={subnetText.kind}
          value={kind}
          options={[
            { value: "dynamic", label: subnetText.kindLabels.dynamic },
            { value: "reserved", label: subnetText.kindLabels.reserved },
          ]}
          onChange={setKind}
          fault={faultOf(action.problem, "kind")}
        />
      )}
      <TextField
        label={subnetText.comment}
        value={comment}
        onInput={setComment}
        fault={faultOf(action.problem, "comment")}
        hasNoMemory
      />
      <ProblemNote problem={action.problem} />
      <div class="row">
        <Button type="submit" kind="primary" isBusy={action.isBusy}>
          {range ? subnetText.saveRange : subnetText.addRange}
        </Button>
        <Button onClick={() => onChoose(undefined)}>{words.cancel}</Button>
      </div>
    </form>
  );
}

interface Ends {
  readonly first: string;
  readonly last: string;
  readonly comment: string;
}

/** Moves the ends, and offers to move them back. */
async function saveEnds(range: IpRange, to: Ends): Promise<void> {
  const param = { rangeId: range.id };
  const saved = await api.patch("/ip-ranges/:rangeId", { param, json: to, ifMatch: range.version });
  const { first, last, comment } = range;
  const undo = async () => {
    const json = { first, last, comment };
    await api.patch("/ip-ranges/:rangeId", { param, json, ifMatch: saved.version });
    refreshAddresses();
  };
  toast("good", subnetText.rangeSaved, {
    label: words.undo,
    run: () => void undo().catch(toastError),
  });
}
