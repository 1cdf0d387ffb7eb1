import { useState } from "preact/hooks";
import { useAsk } from "../../api/queries.ts";
import type { ManyChange } from "../../api/machine_actions.ts";
import { bulkText } from "../../strings/machines.ts";
import { SelectField, TextField } from "../../ui/Field.tsx";

const KEEP = "";
const LIMIT = { query: { limit: 200 } };

/** Zones and pools are served by the same code, so their routes have no type of their own. */
interface Named {
  readonly name: string;
}

/** What people say of many machines at once: only what is filled in is changed. */
export function ChangeFields(
  { change, onChange }: { change: ManyChange; onChange: (next: ManyChange) => void },
) {
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState("");
  const { data: zones } = useAsk<{ zones: Named[] }>("/zones", LIMIT);
  const { data: pools } = useAsk<{ pools: Named[] }>("/pools", LIMIT);
  const options = (names: readonly string[]) => [
    { value: KEEP, label: bulkText.keep },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  const setTags = (added: string, removed: string) => {
    const tags = {
      ...(listOf(added).length > 0 ? { add: listOf(added) } : {}),
      ...(listOf(removed).length > 0 ? { remove: listOf(removed) } : {}),
    };
    const { tags: _before, ...rest } = change;
    onChange(Object.keys(tags).length > 0 ? { ...rest, tags } : rest);
  };
  const setPlace = (name: "zone" | "pool", value: string) => {
    const { [name]: _before, ...rest } = change;
    onChange(value === KEEP ? rest : { ...rest, [name]: value });
  };
  return (
    <>
      <TextField
        label={bulkText.tagsAdd}
        hint={bulkText.tagsHint}
        value={add}
        onInput={(text) => {
          setAdd(text);
          setTags(text, remove);
        }}
      />
      <TextField
        label={bulkText.tagsRemove}
        hint={bulkText.tagsHint}
        value={remove}
        onInput={(text) => {
          setRemove(text);
          setTags(add, text);
        }}
      />
      <SelectField
        label={bulkText.zone}
        value={change.zone ?? KEEP}
        options={options((zones?.zones ?? []).map(({ name }) => name))}
        onChange={(value) => setPlace("zone", value)}
      />
      <SelectField
        label={bulkText.pool}
        value={change.pool ?? KEEP}
        options={options((pools?.pools ?? []).map(({ name }) => name))}
        onChange={(value) => setPlace("pool", value)}
      />
    </>
  );
}

function listOf(text: string): string[] {
  return text.split(",").map((each) => each.trim()).filter(Boolean);
}
