import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { optionsText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import type { DhcpOption, OptionScope } from "./OptionsCard.tsx";

type Type = keyof typeof optionsText.types;
const BY_NAME = "";
const EVERYBODY = "";

/** Adds an option for a place, or changes what is sent. Without a scope the site is asked for. */
export function OptionDialog(
  { scope, option, onClose }: {
    scope: OptionScope | undefined;
    option: DhcpOption | undefined;
    onClose: () => void;
  },
) {
  const sites = useEvery("/sites", "sites");
  const [name, setName] = useState("");
  const [type, setType] = useState<Type | typeof BY_NAME>(BY_NAME);
  const [value, setValue] = useState(option?.value ?? "");
  const [description, setDescription] = useState(option?.description ?? "");
  const [isEnabled, setEnabled] = useState(option?.isEnabled ?? true);
  const [siteId, setSiteId] = useState(EVERYBODY);
  const save = async () => {
    const json = { value: value.trim(), description, isEnabled };
    if (option) {
      await api.patch("/dhcp-options/:dhcpOptionId", {
        param: { dhcpOptionId: option.id },
        json,
        ifMatch: option.version,
      });
    } else {
      const isCode = /^\d+$/.test(name.trim());
      await api.post("/dhcp-options", {
        json: {
          ...json,
          ...(scope ?? (siteId === EVERYBODY ? {} : { siteId })),
          option: isCode ? Number(name) : name.trim(),
          type: type === BY_NAME ? undefined : type,
        },
      });
    }
    refresh("/dhcp-options");
  };
  return (
    <FormDialog
      title={option ? optionsText.change(option.code) : optionsText.add}
      deed={option ? words.save : optionsText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          {option ? null : (
            <>
              <TextField
                label={optionsText.option}
                hint={optionsText.optionHint}
                value={name}
                onInput={setName}
                fault={fault("option")}
                isMono
                isFirst
                hasNoMemory
              />
              <SelectField<Type | typeof BY_NAME>
                label={optionsText.type}
                value={type}
                options={[
                  { value: BY_NAME, label: optionsText.typeByName },
                  ...Object.entries(optionsText.types).map(([key, label]) => ({
                    value: key as Type, // its own keys
                    label,
                  })),
                ]}
                onChange={setType}
                fault={fault("type")}
              />
            </>
          )}
          <TextField
            label={optionsText.value}
            value={value}
            onInput={setValue}
            fault={fault("value")}
            isMono
            isFirst={option !== undefined}
            hasNoMemory
          />
          {option || scope ? null : (
            <SelectField
              label={optionsText.forWhom}
              value={siteId}
              options={[
                { value: EVERYBODY, label: optionsText.everybody },
                ...(sites.data ?? []).map(({ id, name }) => ({
                  value: id,
                  label: optionsText.site(name),
                })),
              ]}
              onChange={setSiteId}
              fault={fault("siteId")}
            />
          )}
          <TextField
            label={optionsText.description}
            value={description}
            onInput={setDescription}
            fault={fault("description")}
            hasNoMemory
          />
          <CheckField label={optionsText.isEnabled} checked={isEnabled} onChange={setEnabled} />
        </>
      )}
    </FormDialog>
  );
}
