import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { machineText } from "../../strings/machine.ts";
import { SelectField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import type { Machine } from "./why_not.ts";

const LAYOUTS = ["flat", "lvm", "raid", "blank"] as const;
type Layout = typeof LAYOUTS[number];

/** How the next deploy lays out the disks: kept with the machine as soon as it is chosen. */
export function LayoutField(
  { machine: { systemId }, mayChange }: { machine: Machine; mayChange: boolean },
) {
  const { data } = useApi("/machines/:systemId/storage", { param: { systemId } });
  const action = useAction(async (layout: Layout) => {
    await api.put("/machines/:systemId/storage", {
      param: { systemId },
      json: { layout },
      ifMatch: data?.version,
    });
    refresh("/machines/:systemId", { systemId });
  });
  if (!data) return null;
  const now = data.wish.layout;
  if (!mayChange) return <p>{machineText.layout}: {machineText.layoutOf[now]}</p>;
  // One that was planned by itself can be left, and not be chosen here.
  const options = now === "custom" ? [now, ...LAYOUTS] as const : LAYOUTS;
  return (
    <>
      <SelectField<Layout | "custom">
        label={machineText.layout}
        hint={machineText.layoutHint}
        value={now}
        options={options.map((each) => ({ value: each, label: machineText.layoutOf[each] }))}
        onChange={(layout) => {
          if (layout !== "custom") action.run(layout);
        }}
      />
      <ProblemNote problem={action.problem} />
    </>
  );
}
