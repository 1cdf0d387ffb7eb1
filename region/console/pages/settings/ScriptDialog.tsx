import { useRef, useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { scriptText, settingsText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";

type Whole = OutputOf<"/scripts/:scriptName", "get">;
const EXAMPLE = "#!/bin/sh\nset -eu\n";

/** A script with its source: the list has none. Of those that came with the region, to be read. */
export function ScriptDialog(
  { script, onClose }: {
    script: { readonly name: string; readonly isBuiltIn: boolean } | undefined;
    onClose: () => void;
  },
) {
  const read = useApi("/scripts/:scriptName", { param: { scriptName: script?.name ?? "" } }, {
    isEnabled: script !== undefined,
  });
  if (!script) return <ScriptForm whole={undefined} onClose={onClose} />;
  if (read.data && !script.isBuiltIn) return <ScriptForm whole={read.data} onClose={onClose} />;
  return (
    <Dialog title={script.name} isWide onClose={onClose}>
      <Loaded read={read}>
        {({ source }) => <pre class="code-block" tabIndex={0}>{source}</pre>}
      </Loaded>
    </Dialog>
  );
}

function ScriptForm({ whole, onClose }: { whole: Whole | undefined; onClose: () => void }) {
  const [form, setForm] = useState({
    name: whole?.name ?? "",
    type: whole?.type ?? "testing" as const,
    description: whole?.description ?? "",
    tags: whole?.tags.join(", ") ?? "",
    timeout: whole ? String(whole.timeoutSeconds) : "",
    parallel: whole?.parallel ?? false,
    source: whole?.source ?? EXAMPLE,
  });
  const set = (name: keyof typeof form) => (value: string | boolean) =>
    setForm({ ...form, [name]: value });
  const save = async () => {
    const json = {
      name: form.name.trim(),
      type: form.type,
      description: form.description,
      tags: form.tags.split(",").map((tag) => tag.trim()).filter(Boolean),
      timeoutSeconds: form.timeout.trim() === "" ? undefined : Number(form.timeout),
      parallel: form.parallel,
      source: form.source,
    };
    if (whole) {
      await api.patch("/scripts/:scriptName", {
        param: { scriptName: whole.name },
        ifMatch: whole.version ?? undefined,
        json,
      });
    } else await api.post("/scripts", { json });
    refresh("/scripts");
  };
  return (
    <FormDialog
      title={whole ? whole.name : scriptText.add}
      deed={whole ? words.save : scriptText.add}
      isWide
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <div class="pair">
            <TextField
              label={settingsText.name}
              hint={scriptText.nameHint}
              value={form.name}
              fault={fault("name")}
              onInput={set("name")}
              isMono
              isFirst
              hasNoMemory
            />
            <SelectField<"commissioning" | "testing">
              label={scriptText.type}
              value={form.type}
              options={[
                { value: "testing", label: scriptText.types.testing },
                { value: "commissioning", label: scriptText.types.commissioning },
              ]}
              onChange={set("type")}
            />
          </div>
          <TextField
            label={scriptText.description}
            value={form.description}
            fault={fault("description")}
            onInput={set("description")}
            hasNoMemory
          />
          <div class="pair">
            <TextField
              label={scriptText.tags}
              hint={scriptText.tagsHint[form.type]}
              value={form.tags}
              fault={fault("tags") ?? fault("tags[0]")}
              onInput={set("tags")}
              isMono
              hasNoMemory
            />
            <TextField
              label={scriptText.timeout}
              value={form.timeout}
              fault={fault("timeoutSeconds")}
              onInput={set("timeout")}
              isMono
              hasNoMemory
            />
          </div>
          <CheckField
            label={scriptText.parallel}
            hint={scriptText.parallelHint}
            checked={form.parallel}
            onChange={set("parallel")}
          />
          <TextField
            label={scriptText.source}
            hint={scriptText.sourceHint}
            value={form.source}
            fault={fault("source")}
            onInput={set("source")}
            rows={14}
            isMono
          />
          <FromFile onText={set("source")} />
        </>
      )}
    </FormDialog>
  );
}

function FromFile({ onText }: { onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div>
      <Button isSmall onClick={() => input.current?.click()}>{scriptText.fromFile}</Button>
      <input
        ref={input}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-label={scriptText.fromFile}
        onChange={async ({ currentTarget }) => {
          const text = await currentTarget.files?.[0]?.text();
          if (text !== undefined) onText(text);
        }}
      />
    </div>
  );
}
