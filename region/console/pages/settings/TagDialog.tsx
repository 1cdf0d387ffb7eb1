import { useEffect, useState } from "preact/hooks";
import type { Problem } from "@/shared/contract/problem.ts";
import { api, toProblem } from "../../api/client.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import { refresh } from "../../api/queries.ts";
import { settingsText, tagText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { useSettled } from "../../ui/use_settled.ts";
import type { Tag } from "./TagsSection.tsx";

/** A tag; what its definition fits is shown while it is typed. */
export function TagDialog({ tag, onClose }: { tag: Tag | undefined; onClose: () => void }) {
  const [name, setName] = useState(tag?.name ?? "");
  const [definition, setDefinition] = useState(tag?.definition ?? "");
  const [kernelOptions, setKernelOptions] = useState(tag?.kernelOptions ?? "");
  const [comment, setComment] = useState(tag?.comment ?? "");
  const preview = usePreview(useSettled(definition.trim()));
  const save = async () => {
    const json = {
      name: name.trim(),
      definition: definition.trim() || null,
      kernelOptions: kernelOptions.trim(),
      comment,
    };
    if (tag) {
      await api.patch("/tags/:tagId", { param: { tagId: tag.id }, json, ifMatch: tag.version });
    } else await api.post("/tags", { json });
    refresh("/tags");
  };
  return (
    <FormDialog
      title={tag ? tag.name : tagText.add}
      deed={tag ? words.save : tagText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={settingsText.name}
            hint={tagText.nameHint}
            value={name}
            onInput={setName}
            fault={fault("name")}
            isMono
            isFirst
            hasNoMemory
          />
          <TextField
            label={tagText.definition}
            hint={tagText.definitionHint}
            value={definition}
            onInput={setDefinition}
            fault={preview.problem?.detail ?? fault("definition")}
            isMono
            rows={3}
          />
          <Fits preview={preview} />
          <TextField
            label={tagText.kernelOptions}
            hint={tagText.kernelHint}
            value={kernelOptions}
            onInput={setKernelOptions}
            fault={fault("kernelOptions")}
            isMono
            hasNoMemory
          />
          <TextField
            label={tagText.comment}
            value={comment}
            onInput={setComment}
            fault={fault("comment")}
            hasNoMemory
          />
        </>
      )}
    </FormDialog>
  );
}

type Found = OutputOf<"/tags/preview", "post">;
interface Preview {
  readonly isBusy: boolean;
  readonly found?: Found;
  readonly problem?: Problem;
}

const LOOKED_AT = 200;
const SHOWN = 8;

function usePreview(definition: string): Preview {
  const [preview, setPreview] = useState<Preview>({ isBusy: false });
  useEffect(() => {
    if (definition === "") return setPreview({ isBusy: false });
    const left = new AbortController();
    setPreview({ isBusy: true });
    api.post("/tags/preview", { json: { definition, limit: LOOKED_AT }, signal: left.signal }).then(
      (found) => setPreview({ isBusy: false, found }),
      (error) => {
        if (!left.signal.aborted) setPreview({ isBusy: false, problem: toProblem(error) });
      },
    );
    return () => left.abort();
  }, [definition]);
  return preview;
}

function Fits({ preview: { isBusy, found } }: { preview: Preview }) {
  if (isBusy) return <p class="muted small" role="status">{tagText.previewing}</p>;
  if (!found) return null;
  const { machines, examined } = found;
  return (
    <div class="small" role="status">
      <strong>
        {machines.length === 0
          ? tagText.previewNone(examined)
          : tagText.previewSome(machines.length, examined)}
      </strong>{" "}
      <span class="muted">
        {machines.slice(0, SHOWN).map(({ hostname }) => hostname).join(", ")}
        {machines.length > SHOWN ? ` ${tagText.previewMore(machines.length - SHOWN)}` : ""}
      </span>
    </div>
  );
}
