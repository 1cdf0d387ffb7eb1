import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { generalText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { toast, toastError } from "../../ui/toasts.ts";

type Setting = OutputOf<"/settings", "get">["settings"][number];

/** Every setting of the region, in its words. */
export function GeneralSection() {
  const settings = useApi("/settings");
  const [editing, setEditing] = useState<Setting>();
  const reset = async ({ name, version }: Setting) => {
    await api.delete("/settings/:settingName", { param: { settingName: name }, ifMatch: version });
    refresh("/settings");
    toast("good", generalText.wasReset(spellName(name)));
  };
  return (
    <>
      <p class="muted">{generalText.lead}</p>
      <Card isBare>
        <Loaded read={settings} isInCard>
          {(data) => (
            <ul class="setting-list">
              {data.settings.map((setting) => (
                <li key={setting.name}>
                  <div class="grow">
                    <h3>{spellName(setting.name)}</h3>
                    <p class="muted small">{setting.description}</p>
                  </div>
                  <div class="setting-value">
                    <span class="num">{spellValue(setting.value)}</span>
                    {setting.isDefault
                      ? <span class="faint small">{generalText.isDefault}</span>
                      : (
                        <Button
                          isSmall
                          kind="quiet"
                          icon="retry"
                          label={`${generalText.reset}: ${spellName(setting.name)}`}
                          onClick={() => void reset(setting).catch(toastError)}
                        />
                      )}
                    <Button
                      isSmall
                      title={generalText.changeTitle(spellName(setting.name))}
                      onClick={() => setEditing(setting)}
                    >
                      {generalText.change}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      {editing ? <SettingDialog setting={editing} onClose={() => setEditing(undefined)} /> : null}
    </>
  );
}

function SettingDialog({ setting, onClose }: { setting: Setting; onClose: () => void }) {
  const { name, kind, value, choices, isNullable, accepted, description } = setting;
  const [text, setText] = useState(
    Array.isArray(value) ? value.join(", ") : value === null ? "" : String(value),
  );
  return (
    <FormDialog
      title={spellName(name)}
      deed={words.save}
      run={async () => {
        await api.patch("/settings/:settingName", {
          param: { settingName: name },
          json: { value: parseValue(setting, text) },
          ifMatch: setting.version,
        });
        refresh("/settings");
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <p class="muted">{description}</p>
          {kind === "flag"
            ? (
              <CheckField
                label={spellName(name)}
                checked={text === "true"}
                onChange={(isOn) => setText(String(isOn))}
              />
            )
            : kind === "choice"
            ? (
              <SelectField
                label={generalText.value}
                value={text}
                options={[
                  ...(isNullable ? [{ value: "", label: generalText.empty }] : []),
                  ...(choices ?? []).map((each) => ({ value: each, label: each })),
                ]}
                onChange={setText}
                fault={fault("value")}
              />
            )
            : (
              <TextField
                label={generalText.value}
                hint={generalText.accepted(accepted)}
                value={text}
                onInput={setText}
                fault={fault("value")}
                isMono={kind !== "number"}
                isFirst
                hasNoMemory
              />
            )}
        </>
      )}
    </FormDialog>
  );
}

/** As typed; what is no number goes as text, and the region says what would do. */
function parseValue({ kind, isNullable }: Setting, text: string): Setting["value"] {
  const typed = text.trim();
  if (kind === "flag") return typed === "true";
  if (kind === "addresses") return typed.split(/[,\s]+/).filter(Boolean);
  if (typed === "" && isNullable) return null;
  if (kind !== "number") return typed;
  return typed === "" || Number.isNaN(Number(typed)) ? typed : Number(typed);
}

function spellValue(value: Setting["value"]): string {
  if (value === null || value === "") return generalText.empty;
  if (Array.isArray(value)) return value.join(", ") || generalText.empty;
  if (typeof value === "boolean") return value ? words.yes : words.no;
  return String(value);
}

/** `sessionHours` as "Session hours". */
function spellName(name: string): string {
  const text = name.replaceAll(
    /[A-Z]+(?![a-z])|[A-Z]/g,
    (letters) => letters.length > 1 ? ` ${letters}` : ` ${letters.toLowerCase()}`,
  );
  const spelled = text.replaceAll(
    /\b(dns|ntp|bmc|api|oidc|ssh|dhcp|http|mtu)\b/gi,
    (word) => word.toUpperCase(),
  );
  return spelled.charAt(0).toUpperCase() + spelled.slice(1);
}
