import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { settingsText, sshText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { ListSection } from "./ListSection.tsx";

type SshKey = OutputOf<"/ssh-keys", "get">["sshKeys"][number];

/** Keys that deployed machines let in. */
export function SshKeysSection() {
  const keys = useEvery("/ssh-keys", "sshKeys");
  return (
    <ListSection<SshKey>
      title={settingsText.names["ssh-keys"]}
      lead={sshText.lead}
      read={keys}
      nameOf={({ comment, fingerprint }) => comment || fingerprint}
      empty={{ icon: "key", title: sshText.emptyTitle, text: sshText.emptyText }}
      columns={[
        {
          key: "comment",
          title: sshText.comment,
          cell: ({ comment }) => <strong>{comment || words.none}</strong>,
        },
        {
          key: "kind",
          title: sshText.fingerprint,
          cell: ({ key, fingerprint }) => (
            <>
              <span class="muted">{key.split(" ")[0]}</span> <code class="wrap">{fingerprint}</code>
            </>
          ),
        },
        {
          key: "created",
          title: settingsText.created,
          cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
        },
      ]}
      edit={{
        add: sshText.add,
        form: (row, onClose) => <KeyDialog sshKey={row} onClose={onClose} />,
        removeText: () => sshText.removeText,
        remove: async ({ id }) => {
          await api.delete("/ssh-keys/:keyId", { param: { keyId: id } });
          refresh("/ssh-keys");
        },
      }}
    />
  );
}

function KeyDialog({ sshKey, onClose }: { sshKey: SshKey | undefined; onClose: () => void }) {
  const [key, setKey] = useState("");
  const [comment, setComment] = useState(sshKey?.comment ?? "");
  const save = async () => {
    if (sshKey) {
      await api.patch("/ssh-keys/:keyId", {
        param: { keyId: sshKey.id },
        json: { comment },
        ifMatch: sshKey.version,
      });
    } else await api.post("/ssh-keys", { json: { key: key.trim() } });
    refresh("/ssh-keys");
  };
  return (
    <FormDialog
      title={sshKey ? settingsText.edit : sshText.add}
      deed={sshKey ? words.save : sshText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) =>
        sshKey
          ? (
            <TextField
              label={sshText.comment}
              value={comment}
              onInput={setComment}
              fault={fault("comment")}
              isFirst
              hasNoMemory
            />
          )
          : (
            <TextField
              label={sshText.key}
              hint={sshText.keyHint}
              value={key}
              onInput={setKey}
              fault={fault("key")}
              rows={5}
              isMono
              isFirst
            />
          )}
    </FormDialog>
  );
}
