import { useState } from "preact/hooks";
import { SCOPES } from "@/shared/identity/scope.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { apiKeyText, settingsText } from "../../strings/settings.ts";
import { SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import type { Column } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { ListSection } from "./ListSection.tsx";
import { SecretDialog } from "./SecretDialog.tsx";

type ApiKey = OutputOf<"/api-keys", "get">["apiKeys"][number];
type Scope = typeof SCOPES[number];

export const API_KEY_COLUMNS: readonly Column<ApiKey>[] = [
  {
    key: "what",
    title: apiKeyText.what,
    cell: ({ description }) => <strong>{description}</strong>,
  },
  {
    key: "prefix",
    title: apiKeyText.prefix,
    cell: ({ prefix }) => <code>rwk_{prefix}</code>,
  },
  {
    key: "scope",
    title: apiKeyText.scope,
    cell: ({ scope }) => <span class="tag">{apiKeyText.scopeNames[scope]}</span>,
  },
  {
    key: "used",
    title: apiKeyText.used,
    cell: ({ lastUsedAt }) =>
      lastUsedAt === null ? settingsText.never : <TimeAgo at={lastUsedAt} />,
  },
  {
    key: "expires",
    title: apiKeyText.expires,
    cell: ({ expiresAt }) => expiresAt === null ? apiKeyText.noEnd : <TimeAgo at={expiresAt} />,
  },
];

/** Keys for programs that act for whoever is signed in. */
export function ApiKeysSection() {
  const keys = useEvery("/api-keys", "apiKeys");
  const [secret, setSecret] = useState<string>();
  return (
    <>
      <ListSection<ApiKey>
        title={settingsText.names["api-keys"]}
        lead={apiKeyText.lead}
        read={keys}
        nameOf={({ description }) => description}
        empty={{ icon: "key", title: apiKeyText.emptyTitle, text: apiKeyText.emptyText }}
        columns={API_KEY_COLUMNS}
        edit={{
          add: apiKeyText.add,
          isNewOnly: true,
          form: (_, onClose) => <NewKeyDialog onMade={setSecret} onClose={onClose} />,
          deed: apiKeyText.revoke,
          removeText: () => apiKeyText.revokeText,
          remove: ({ id }) => revokeKey(id),
        }}
      />
      {secret === undefined ? null : (
        <SecretDialog
          title={apiKeyText.madeTitle}
          what={apiKeyText.key}
          secret={secret}
          howTo={apiKeyText.howTo}
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}

export async function revokeKey(keyId: number): Promise<void> {
  await api.delete("/api-keys/:keyId", { param: { keyId } });
  refresh("/api-keys");
}

const EXPIRY_DEFAULT = "7776000";

function NewKeyDialog(
  { onMade, onClose }: { onMade: (key: string) => void; onClose: () => void },
) {
  const [description, setDescription] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [expiry, setExpiry] = useState(EXPIRY_DEFAULT);
  return (
    <FormDialog
      title={apiKeyText.add}
      deed={apiKeyText.add}
      run={async () => {
        const made = await api.post("/api-keys", {
          json: {
            description: description.trim(),
            scope,
            expiresInSeconds: expiry === "" ? undefined : Number(expiry),
          },
        });
        refresh("/api-keys");
        onMade(made.key);
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={apiKeyText.what}
            hint={apiKeyText.whatHint}
            value={description}
            onInput={setDescription}
            fault={fault("description")}
            isFirst
            hasNoMemory
          />
          <SelectField<Scope>
            label={apiKeyText.scope}
            value={scope}
            options={SCOPES.map((value) => ({ value, label: apiKeyText.scopes[value] }))}
            onChange={setScope}
            fault={fault("scope")}
          />
          <SelectField
            label={apiKeyText.expires}
            value={expiry}
            options={Object.entries(apiKeyText.expiry).map(([value, label]) => ({ value, label }))}
            onChange={setExpiry}
            fault={fault("expiresInSeconds")}
          />
        </>
      )}
    </FormDialog>
  );
}
