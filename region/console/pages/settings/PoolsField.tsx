import { useEveryLoose } from "../../api/every_page.ts";
import { CheckField } from "../../ui/Field.tsx";
import type { Placement } from "./PlacementsSection.tsx";

/** Some of the pools, by a box each. */
export function PoolsField(
  { label, value, onChange }: {
    label: string;
    value: readonly number[];
    onChange: (poolIds: number[]) => void;
  },
) {
  const { data = [] } = useEveryLoose<Placement>("/pools", "pools");
  return (
    <BoxesField
      label={label}
      options={data.map(({ id, name }) => ({ id, label: name }))}
      value={value}
      onChange={onChange}
    />
  );
}

export function BoxesField(
  { label, options, value, onChange }: {
    label: string;
    options: readonly { id: number; label: string }[];
    value: readonly number[];
    onChange: (ids: number[]) => void;
  },
) {
  return (
    <fieldset class="group boxes">
      <legend>{label}</legend>
      {options.map(({ id, label }) => (
        <CheckField
          key={id}
          label={label}
          checked={value.includes(id)}
          onChange={(isOn) => onChange(isOn ? [...value, id] : value.filter((each) => each !== id))}
        />
      ))}
    </fieldset>
  );
}
