import { useEffect } from "preact/hooks";
import { ERASE_WAYS, type EraseWay, type MachineAction } from "@/shared/machine/lifecycle.ts";
import type { ActionBody } from "../../api/machine_actions.ts";
import { useApi } from "../../api/queries.ts";
import { bulkText } from "../../strings/machines.ts";
import { SelectField, TextField } from "../../ui/Field.tsx";
import { ScriptsField } from "./ScriptsField.tsx";
import { Note } from "../../ui/ProblemNote.tsx";

const NONE = "";
const ERASE_NAMES: Record<EraseWay, string> = {
  quick: bulkText.eraseQuick,
  secure: bulkText.eraseSecure,
  full: bulkText.eraseFull,
};

/** What an action can be asked with, the same for one machine as for many. */
export function ActionFields(
  { action, body, onChange }: {
    action: MachineAction;
    body: ActionBody;
    onChange: (next: ActionBody) => void;
  },
) {
  const set = (name: keyof ActionBody, value: string) => {
    const { [name]: _before, ...rest } = body;
    onChange(value === NONE ? rest : { ...rest, [name]: value });
  };
  return (
    <>
      {action === "deploy"
        ? <ImageField value={body.imageId} onChange={(value) => set("imageId", value)} />
        : null}
      {action === "release"
        ? (
          <SelectField
            label={bulkText.erase}
            value={body.erase ?? NONE}
            options={[
              { value: NONE, label: bulkText.eraseNone },
              ...ERASE_WAYS.map((way) => ({ value: way, label: ERASE_NAMES[way] })),
            ]}
            onChange={(value) => set("erase", value)}
          />
        )
        : null}
      {action === "commission" || action === "test"
        ? (
          <ScriptsField
            type={action === "test" ? "testing" : "commissioning"}
            chosen={body.scripts}
            onChange={(scripts) => onChange({ ...body, scripts })}
          />
        )
        : null}
      <TextField
        label={bulkText.comment}
        hint={bulkText.commentHint}
        value={body.comment ?? ""}
        onInput={(text) => set("comment", text)}
      />
    </>
  );
}

/** Operating systems, the newest first: that one is meant unless another is chosen. */
export function ImageField(
  { value, architecture, onChange }: {
    value: string | undefined;
    architecture?: string;
    onChange: (imageId: string) => void;
  },
) {
  const { data } = useApi("/images", { query: { kind: "os", architecture, limit: 200 } });
  const images = (data?.images ?? []).toSorted(newestFirst);
  const [newest] = images;
  useEffect(() => {
    if (!value && newest) onChange(newest.id);
  }, [newest?.id]);
  if (data && !newest) return <Note tone="caution">{bulkText.noImages}</Note>;
  return (
    <SelectField
      label={bulkText.image}
      value={value ?? NONE}
      options={images.map(({ id, title, version, architecture }) => ({
        value: id,
        label: `${title} · ${architecture} · ${version}`,
      }))}
      onChange={onChange}
    />
  );
}

interface NamedVersion {
  readonly version: string;
  readonly title: string;
}

/** Versions are dates, which compare as text; of one day, the later release. */
function newestFirst(a: NamedVersion, b: NamedVersion): number {
  if (a.version !== b.version) return a.version > b.version ? -1 : 1;
  return b.title.localeCompare(a.title, "en", { numeric: true });
}
