import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { sourcesText } from "../../strings/images.ts";
import { words } from "../../strings/words.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { formatSelection, parseSelection, SelectionRows } from "./SelectionRows.tsx";
import type { BootSource } from "./SourcesCard.tsx";

type Signature = keyof typeof sourcesText.signatures;

const MB = 1_000_000;

/** A tree to take images from: where it is, who signs it, and what of it is wanted. */
export function SourceDialog(
  { source, onClose }: { source: BootSource | undefined; onClose: () => void },
) {
  const hasKeys = source?.isSigned ?? false;
  const [name, setName] = useState(source?.name ?? "");
  const [url, setUrl] = useState(source?.url ?? "");
  const [signature, setSignature] = useState<Signature>(
    hasKeys ? "keep" : source ? "unsigned" : "keys",
  );
  const [keyring, setKeyring] = useState("");
  const [selections, setSelections] = useState((source?.selections ?? []).map(formatSelection));
  const [keepVersions, setKeepVersions] = useState(String(source?.keepVersions ?? 1));
  const [syncMinutes, setSyncMinutes] = useState(
    source ? String(source.syncMinutes ?? "") : "60",
  );
  const [speed, setSpeed] = useState(
    source?.bytesPerSecond ? String(source.bytesPerSecond / MB) : "",
  );
  const [isDirect, setIsDirect] = useState(source?.agentsFetchDirectly ?? false);
  const save = async () => {
    const json = {
      name: name.trim(),
      url: url.trim(),
      selections: selections.map(parseSelection),
      keepVersions: Number(keepVersions),
      syncMinutes: syncMinutes.trim() === "" ? null : Number(syncMinutes),
      bytesPerSecond: speed.trim() === "" ? null : Math.round(Number(speed) * MB),
      agentsFetchDirectly: isDirect,
    };
    const keys = signature === "unsigned" ? null : keyring;
    if (source) {
      await api.patch("/boot-sources/:sourceId", {
        param: { sourceId: source.id },
        json: signature === "keep" ? json : { ...json, keyring: keys },
        ifMatch: source.version,
      });
    } else await api.post("/boot-sources", { json: { ...json, keyring: keys } });
    refresh("/boot-sources");
  };
  const signatures = Object.entries(sourcesText.signatures)
    .filter(([value]) => value !== "keep" || hasKeys)
    .map(([value, label]) => ({ value: value as Signature, label })); // its own keys
  return (
    <FormDialog
      title={source ? sourcesText.change(source.name) : sourcesText.add}
      deed={source ? words.save : sourcesText.add}
      isWide
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={sourcesText.name}
            hint={sourcesText.nameHint}
            value={name}
            onInput={setName}
            fault={fault("name")}
            isFirst
            hasNoMemory
          />
          <TextField
            label={sourcesText.url}
            hint={sourcesText.urlHint}
            value={url}
            onInput={setUrl}
            fault={fault("url")}
            isMono
            hasNoMemory
          />
          <SelectField<Signature>
            label={sourcesText.signature}
            value={signature}
            options={signatures}
            onChange={setSignature}
            hint={signature === "keep"
              ? source?.keys.map(({ fingerprint }) => sourcesText.keyOf(fingerprint)).join(", ")
              : undefined}
          />
          {signature === "keys"
            ? (
              <TextField
                label={sourcesText.keyring}
                hint={sourcesText.keyringHint}
                value={keyring}
                onInput={setKeyring}
                fault={fault("keyring")}
                isMono
                rows={5}
              />
            )
            : null}
          <SelectionRows rows={selections} onChange={setSelections} />
          <div class="form-grid">
            <TextField
              label={sourcesText.keepVersions}
              value={keepVersions}
              onInput={setKeepVersions}
              fault={fault("keepVersions")}
              hasNoMemory
            />
            <TextField
              label={sourcesText.syncMinutes}
              hint={sourcesText.syncMinutesHint}
              value={syncMinutes}
              onInput={setSyncMinutes}
              fault={fault("syncMinutes")}
              hasNoMemory
            />
            <TextField
              label={sourcesText.bytesPerSecond}
              hint={sourcesText.bytesPerSecondHint}
              value={speed}
              onInput={setSpeed}
              fault={fault("bytesPerSecond")}
              hasNoMemory
            />
          </div>
          <CheckField
            label={sourcesText.direct}
            hint={sourcesText.directHint}
            checked={isDirect}
            onChange={setIsDirect}
          />
        </>
      )}
    </FormDialog>
  );
}
