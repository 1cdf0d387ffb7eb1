import { useApi } from "../../api/queries.ts";
import { bulkText } from "../../strings/machines.ts";
import { CheckField, SelectField } from "../../ui/Field.tsx";

/** Which scripts run: the usual ones, or some that are chosen. `chosen`: undefined, the usual ones. */
export function ScriptsField(
  { type, chosen, onChange }: {
    type: "commissioning" | "testing";
    chosen: readonly string[] | undefined;
    onChange: (names: readonly string[] | undefined) => void;
  },
) {
  const { data } = useApi("/scripts", { query: { type } });
  const all = data?.scripts ?? [];
  return (
    <>
      <SelectField<"usual" | "chosen">
        label={bulkText.scripts}
        value={chosen ? "chosen" : "usual"}
        options={[
          { value: "usual", label: bulkText.scriptsUsual[type] },
          { value: "chosen", label: bulkText.scriptsChosen },
        ]}
        fault={chosen?.length === 0 ? bulkText.scriptsNone : undefined}
        onChange={(value) => onChange(value === "usual" ? undefined : [])}
      />
      {chosen
        ? all.map(({ name, description }) => (
          <CheckField
            key={name}
            label={name}
            hint={description}
            checked={chosen.includes(name)}
            onChange={(isOn) =>
              onChange(isOn ? [...chosen, name] : chosen.filter((each) => each !== name))}
          />
        ))
        : null}
    </>
  );
}
