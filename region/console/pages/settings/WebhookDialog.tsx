import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { settingsText, webhookText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import type { Webhook } from "./WebhooksSection.tsx";

type Level = Webhook["level"];

/** Where events go, and which. */
export function WebhookDialog(
  { webhook, onMade, onClose }: {
    webhook: Webhook | undefined;
    onMade: (secret: string) => void;
    onClose: () => void;
  },
) {
  const sites = useEvery("/sites", "sites");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [codes, setCodes] = useState(webhook?.codes.join(", ") ?? "");
  const [level, setLevel] = useState<Level>(webhook?.level ?? "info");
  const [siteId, setSiteId] = useState(webhook?.siteId ?? "");
  const [isEnabled, setEnabled] = useState(webhook?.isEnabled ?? true);
  const save = async () => {
    const json = {
      url: url.trim(),
      description,
      codes: codes.split(/[,\s]+/).filter(Boolean),
      level,
      siteId: siteId || null,
    };
    if (webhook) {
      await api.patch("/webhooks/:webhookId", {
        param: { webhookId: webhook.id },
        json: { ...json, isEnabled },
        ifMatch: webhook.version,
      });
    } else onMade((await api.post("/webhooks", { json })).secret);
    refresh("/webhooks");
  };
  return (
    <FormDialog
      title={webhook ? settingsText.edit : webhookText.add}
      deed={webhook ? words.save : webhookText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={webhookText.url}
            hint={webhookText.urlHint}
            value={url}
            onInput={setUrl}
            fault={fault("url")}
            isMono
            isFirst
            hasNoMemory
          />
          <TextField
            label={settingsText.description}
            value={description}
            onInput={setDescription}
            fault={fault("description")}
            hasNoMemory
          />
          <TextField
            label={webhookText.codes}
            hint={webhookText.codesHint}
            value={codes}
            onInput={setCodes}
            fault={fault("codes")}
            isMono
            hasNoMemory
          />
          <SelectField<Level>
            label={webhookText.level}
            value={level}
            options={[
              { value: "info", label: webhookText.levels.info },
              { value: "warning", label: webhookText.levels.warning },
              { value: "error", label: webhookText.levels.error },
            ]}
            onChange={setLevel}
            fault={fault("level")}
          />
          <SelectField
            label={webhookText.site}
            value={siteId}
            options={[
              { value: "", label: webhookText.allSites },
              ...(sites.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onChange={setSiteId}
            fault={fault("siteId")}
          />
          {webhook
            ? <CheckField label={webhookText.isEnabled} checked={isEnabled} onChange={setEnabled} />
            : null}
        </>
      )}
    </FormDialog>
  );
}
