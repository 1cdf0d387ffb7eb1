import { sourcesText } from "../../strings/images.ts";
import { Button } from "../../ui/Button.tsx";
import type { BootSource } from "./SourcesCard.tsx";

type Selection = BootSource["selections"][number];

/** A selection as it is typed: words with commas. */
export interface SelectionText {
  readonly os: string;
  readonly releases: string;
  readonly architectures: string;
  readonly labels: string;
  /** Not shown, but kept. */
  readonly subarches: readonly string[];
}

const FIELDS = ["os", "releases", "architectures", "labels"] as const;
const NEW: SelectionText = {
  os: "ubuntu",
  releases: "",
  architectures: "amd64",
  labels: "",
  subarches: [],
};

export function formatSelection(selection: Selection): SelectionText {
  const { os, releases, architectures, labels, subarches } = selection;
  const join = (words: readonly string[]) => words.join(", ");
  return {
    os: join(os),
    releases: join(releases),
    architectures: join(architectures),
    labels: join(labels),
    subarches,
  };
}

export function parseSelection(
  { os, releases, architectures, labels, subarches }: SelectionText,
): Selection {
  const split = (text: string) => text.split(/[,\s]+/).filter(Boolean);
  return {
    os: split(os),
    releases: split(releases),
    architectures: split(architectures),
    labels: split(labels),
    subarches: [...subarches],
  };
}

/** What of a tree is taken, a line each. */
export function SelectionRows(
  { rows, onChange }: { rows: readonly SelectionText[]; onChange: (rows: SelectionText[]) => void },
) {
  return (
    <fieldset class="group">
      <legend>{sourcesText.selections}</legend>
      <p class="faint small">{sourcesText.selectionsHint}</p>
      {rows.map((row, i) => (
        <div key={i} class="row mapping">
          {FIELDS.map((field) => (
            <input
              key={field}
              type="text"
              class="input mono"
              aria-label={`${sourcesText[field]}, ${i + 1}`}
              placeholder={sourcesText[field]}
              value={row[field]}
              autocomplete="off"
              onInput={({ currentTarget: { value } }) =>
                onChange(rows.map((each, at) => (at === i ? { ...each, [field]: value } : each)))}
            />
          ))}
          <Button
            isSmall
            kind="quiet"
            icon="trash"
            label={sourcesText.removeSelection(i + 1)}
            onClick={() => onChange(rows.filter((_, at) => at !== i))}
          />
        </div>
      ))}
      <div>
        <Button isSmall icon="plus" onClick={() => onChange([...rows, NEW])}>
          {sourcesText.addSelection}
        </Button>
      </div>
    </fieldset>
  );
}
