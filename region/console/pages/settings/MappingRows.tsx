import { ssoText } from "../../strings/settings.ts";
import { Button } from "../../ui/Button.tsx";

interface Row {
  readonly value: string;
  readonly choice: string;
}

/** What a claim's value stands for here, a line each. */
export function MappingRows(
  { label, hint, choiceLabel, choices, rows, onChange }: {
    label: string;
    hint?: string;
    choiceLabel: string;
    choices: readonly { value: string; label: string }[];
    rows: readonly Row[];
    onChange: (rows: Row[]) => void;
  },
) {
  const change = (at: number, part: Partial<Row>) =>
    onChange(rows.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <fieldset class="group">
      <legend>{label}</legend>
      {hint ? <p class="faint small">{hint}</p> : null}
      {rows.map(({ value, choice }, i) => (
        <div key={i} class="row mapping">
          <input
            type="text"
            class="input mono"
            aria-label={`${ssoText.mappingValue}, ${i + 1}`}
            placeholder={ssoText.mappingValue}
            value={value}
            autocomplete="off"
            onInput={({ currentTarget }) => change(i, { value: currentTarget.value })}
          />
          <select
            class="select"
            aria-label={`${choiceLabel}, ${i + 1}`}
            value={choice}
            onChange={({ currentTarget }) => change(i, { choice: currentTarget.value })}
          >
            {choices.map((each) => <option key={each.value} value={each.value}>{each.label}
            </option>)}
          </select>
          <Button
            isSmall
            kind="quiet"
            icon="trash"
            label={ssoText.removeMapping(value)}
            onClick={() => onChange(rows.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      <div>
        <Button
          isSmall
          icon="plus"
          onClick={() => onChange([...rows, { value: "", choice: choices[0]?.value ?? "" }])}
        >
          {ssoText.addMapping}
        </Button>
      </div>
    </fieldset>
  );
}
