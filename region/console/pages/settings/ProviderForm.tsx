import { useState } from "preact/hooks";
import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { settingsText, ssoText, userText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { CheckField, faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import { Card } from "../../ui/Page.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { MappingRows } from "./MappingRows.tsx";
import type { Provider } from "./ProviderSection.tsx";

type DefaultRole = NonNullable<Provider["defaultRole"]> | "";

/** How the provider is reached, and what becomes of whoever comes from it. */
export function ProviderForm({ provider }: { provider: Provider | undefined }) {
  const groups = useEvery("/groups", "groups");
  const [form, setForm] = useState({
    isEnabled: provider?.isEnabled ?? true,
    label: provider?.label ?? "Single sign-on",
    issuer: provider?.issuer ?? "",
    clientId: provider?.clientId ?? "",
    clientSecret: "",
    scopes: provider?.scopes.join(", ") ?? "profile, email",
    usernameClaim: provider?.usernameClaim ?? "preferred_username",
    groupsClaim: provider?.groupsClaim ?? "",
    defaultRole: (provider?.defaultRole ?? "") as DefaultRole,
    createsUsers: provider?.createsUsers ?? false,
    limitsNewUsers: provider?.limitsNewUsers ?? false,
    emailDomains: provider?.emailDomains.join(", ") ?? "",
    roleMappings: provider?.roleMappings ?? [],
    groupMappings: provider?.groupMappings ?? [],
  });
  const put = <K extends keyof typeof form>(name: K) => (value: (typeof form)[K]) =>
    setForm((before) => ({ ...before, [name]: value }));
  const action = useAction(async () => {
    const { clientSecret, ...rest } = form;
    await api.put("/identity-provider", {
      json: {
        ...rest,
        label: form.label.trim(),
        issuer: form.issuer.trim(),
        clientId: form.clientId.trim(),
        // Nothing typed: the one before stays, and a new provider has none.
        ...(clientSecret === "" ? (provider ? {} : { clientSecret: null }) : { clientSecret }),
        scopes: splitWords(form.scopes),
        groupsClaim: form.groupsClaim.trim() || null,
        defaultRole: form.defaultRole === "" ? null : form.defaultRole,
        emailDomains: splitWords(form.emailDomains),
      },
      ifMatch: provider?.version,
    });
    refresh("/identity-provider");
    toast("good", settingsText.saved);
  });
  const fault = (field: string) => faultOf(action.problem, field);
  const text = (
    name:
      | "label"
      | "issuer"
      | "clientId"
      | "scopes"
      | "usernameClaim"
      | "groupsClaim"
      | "emailDomains",
    hint?: string,
  ) => (
    <TextField
      label={ssoText[name]}
      hint={hint}
      value={form[name]}
      onInput={put(name)}
      fault={fault(name)}
      isMono={name !== "label"}
      hasNoMemory
    />
  );
  return (
    <Card title={settingsText.names["sign-in"]}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        <div class="form-grid">
          {text("issuer", ssoText.issuerHint)}
          {text("label")}
          {text("clientId")}
          <TextField
            label={ssoText.clientSecret}
            hint={provider?.hasClientSecret ? ssoText.clientSecretKept : ssoText.clientSecretHint}
            type="password"
            value={form.clientSecret}
            onInput={put("clientSecret")}
            fault={fault("clientSecret")}
            autocomplete="new-password"
          />
          {text("scopes")}
          {text("usernameClaim")}
          {text("groupsClaim", ssoText.groupsClaimHint)}
          {text("emailDomains", ssoText.emailDomainsHint)}
        </div>
        <MappingRows
          label={ssoText.roleMappings}
          hint={ssoText.roleMappingsHint}
          choiceLabel={ssoText.mappingRole}
          choices={ROLES.map((role) => ({ value: role, label: userText.roles[role] }))}
          rows={form.roleMappings.map(({ value, role }) => ({ value, choice: role }))}
          onChange={(rows) =>
            put("roleMappings")(rows.map(({ value, choice }) => ({ value, role: choice as Role })))}
        />
        {groups.data && groups.data.length > 0
          ? (
            <MappingRows
              label={ssoText.groupMappings}
              choiceLabel={ssoText.mappingGroup}
              choices={groups.data.map(({ id, name }) => ({ value: String(id), label: name }))}
              rows={form.groupMappings.map(({ value, groupId }) => ({
                value,
                choice: String(groupId),
              }))}
              onChange={(rows) =>
                put("groupMappings")(
                  rows.map(({ value, choice }) => ({ value, groupId: Number(choice) })),
                )}
            />
          )
          : null}
        <SelectField<DefaultRole>
          label={ssoText.defaultRole}
          value={form.defaultRole}
          options={Object.entries(ssoText.defaultRoles).map(([value, label]) => ({
            value: value as DefaultRole, // its own keys
            label,
          }))}
          onChange={put("defaultRole")}
          fault={fault("defaultRole")}
        />
        <CheckField
          label={ssoText.createsUsers}
          hint={ssoText.createsUsersHint}
          checked={form.createsUsers}
          onChange={put("createsUsers")}
        />
        <CheckField
          label={ssoText.limitsNewUsers}
          checked={form.limitsNewUsers}
          onChange={put("limitsNewUsers")}
        />
        <CheckField
          label={ssoText.isEnabled}
          checked={form.isEnabled}
          onChange={put("isEnabled")}
        />
        <ProblemNote problem={action.problem} />
        <div>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{words.save}</Button>
        </div>
      </form>
    </Card>
  );
}

function splitWords(text: string): string[] {
  return text.split(/[,\s]+/).filter(Boolean);
}
