import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { notificationText, settingsText } from "../../strings/settings.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { ListSection } from "./ListSection.tsx";

type Notification = OutputOf<"/notifications", "get">["notifications"][number];
type Category = Notification["category"];
type Audience = keyof typeof notificationText.audiences;

const TONES = { info: "busy", success: "good", warning: "caution", error: "bad" } as const;

/** What everybody is told: by the region itself, or by an administrator here. */
export function NotificationsSection() {
  const notifications = useEvery("/notifications", "notifications", { everybodys: true });
  return (
    <ListSection<Notification>
      title={settingsText.names.notifications}
      lead={notificationText.lead}
      read={notifications}
      nameOf={() => notificationText.own}
      empty={{
        icon: "bell",
        title: notificationText.emptyTitle,
        text: notificationText.emptyText,
      }}
      columns={[
        {
          key: "message",
          title: notificationText.message,
          cell: ({ category, message, ident }) => (
            <span class={`notification tone-${TONES[category]}`}>
              <Mark tone={category === "info" ? "idle" : TONES[category]} />
              <span>
                {message}
                {ident === null
                  ? null
                  : <span class="faint small">{notificationText.byRegion}</span>}
              </span>
            </span>
          ),
        },
        {
          key: "for",
          title: notificationText.forWhom,
          cell: ({ forAdmins, forUsers }) => notificationText
            .audiences[forAdmins && forUsers ? "all" : forAdmins ? "admins" : "users"],
        },
        {
          key: "created",
          title: settingsText.created,
          cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
        },
      ]}
      edit={{
        add: notificationText.add,
        isNewOnly: true,
        form: (_, onClose) => <NewNotificationDialog onClose={onClose} />,
        removeText: () => notificationText.removeText,
        whyNotRemove: ({ ident }) => ident === null ? undefined : notificationText.byRegion,
        remove: async ({ id }) => {
          await api.delete("/notifications/:notificationId", { param: { notificationId: id } });
          refresh("/notifications");
        },
      }}
    />
  );
}

function NewNotificationDialog({ onClose }: { onClose: () => void }) {
  const [message, setMessage] = useState("");
  const [category, setCategory] = useState<Category>("info");
  const [audience, setAudience] = useState<Audience>("all");
  const [isDismissable, setDismissable] = useState(true);
  const [expiry, setExpiry] = useState("");
  return (
    <FormDialog
      title={notificationText.add}
      deed={notificationText.add}
      run={async () => {
        await api.post("/notifications", {
          json: {
            message: message.trim(),
            category,
            forAdmins: audience !== "users",
            forUsers: audience !== "admins",
            isDismissable,
            expiresInSeconds: expiry === "" ? undefined : Number(expiry),
          },
        });
        refresh("/notifications");
      }}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={notificationText.message}
            value={message}
            onInput={setMessage}
            fault={fault("message")}
            isFirst
            hasNoMemory
          />
          <SelectField<Category>
            label={notificationText.category}
            value={category}
            options={Object.entries(notificationText.categories).map(([value, label]) => ({
              value: value as Category, // its own keys
              label,
            }))}
            onChange={setCategory}
            fault={fault("category")}
          />
          <SelectField<Audience>
            label={notificationText.forWhom}
            value={audience}
            options={Object.entries(notificationText.audiences).map(([value, label]) => ({
              value: value as Audience, // its own keys
              label,
            }))}
            onChange={setAudience}
          />
          <SelectField
            label={notificationText.expires}
            value={expiry}
            options={Object.entries(notificationText.expiry).map(([value, label]) => ({
              value,
              label,
            }))}
            onChange={setExpiry}
            fault={fault("expiresInSeconds")}
          />
          <CheckField
            label={notificationText.dismissable}
            checked={isDismissable}
            onChange={setDismissable}
          />
        </>
      )}
    </FormDialog>
  );
}
