import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { settingsText, webhookText } from "../../strings/settings.ts";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { DeliveriesDialog } from "./DeliveriesDialog.tsx";
import { ListSection } from "./ListSection.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import { WebhookDialog } from "./WebhookDialog.tsx";

export type Webhook = OutputOf<"/webhooks", "get">["webhooks"][number];

/** It takes no limit: all are on one page. */
const ALL_ON_ONE_PAGE = { limit: undefined };

/** Where events are sent as they happen, and what came of it. */
export function WebhooksSection() {
  const webhooks = useEvery("/webhooks", "webhooks", ALL_ON_ONE_PAGE);
  const [secret, setSecret] = useState<string>();
  const [looking, setLooking] = useState<Webhook>();
  const [renewing, setRenewing] = useState<Webhook>();
  return (
    <>
      <ListSection<Webhook>
        title={settingsText.names.webhooks}
        lead={webhookText.lead}
        read={webhooks}
        nameOf={({ url }) => url}
        empty={{ icon: "link", title: webhookText.emptyTitle, text: webhookText.emptyText }}
        columns={[
          {
            key: "url",
            title: webhookText.url,
            cell: ({ url, description }) => (
              <>
                <code class="wrap">{url}</code>
                {description ? <div class="faint small">{description}</div> : null}
              </>
            ),
          },
          {
            key: "codes",
            title: webhookText.codes,
            cell: ({ codes, level }) =>
              [codes.join(", "), webhookText.levelNames[level]].filter(Boolean).join("; "),
          },
          { key: "state", title: webhookText.state, cell: (row) => <WebhookState webhook={row} /> },
        ]}
        edit={{
          add: webhookText.add,
          form: (webhook, onClose) => (
            <WebhookDialog webhook={webhook} onMade={setSecret} onClose={onClose} />
          ),
          more: (webhook) => [
            { label: webhookText.deliveries, icon: "activity", run: () => setLooking(webhook) },
            {
              label: webhookText.ping,
              icon: "rocket",
              run: () => void ping(webhook.id).catch(toastError),
            },
            { label: webhookText.renew, icon: "key", run: () => setRenewing(webhook) },
          ],
          removeText: () => webhookText.removeText,
          remove: async ({ id, version }) => {
            await api.delete("/webhooks/:webhookId", {
              param: { webhookId: id },
              ifMatch: version,
            });
            refresh("/webhooks");
          },
        }}
      />
      {looking
        ? <DeliveriesDialog webhook={looking} onClose={() => setLooking(undefined)} />
        : null}
      {renewing
        ? (
          <ConfirmDialog
            title={webhookText.renewTitle}
            deed={webhookText.renew}
            run={async () => {
              const made = await api.post("/webhooks/:webhookId/renew-secret", {
                param: { webhookId: renewing.id },
              });
              setSecret(made.secret);
              refresh("/webhooks");
            }}
            onClose={() => setRenewing(undefined)}
          >
            <p>{webhookText.renewText}</p>
          </ConfirmDialog>
        )
        : null}
      {secret === undefined ? null : (
        <SecretDialog
          title={webhookText.secretTitle}
          what={webhookText.secret}
          secret={secret}
          howTo={webhookText.secretLead}
          onClose={() => setSecret(undefined)}
        />
      )}
    </>
  );
}

function WebhookState({ webhook }: { webhook: Webhook }) {
  const { isEnabled, disabledBecause, failingSince } = webhook;
  const tone = !isEnabled ? (disabledBecause ? "bad" : "idle") : failingSince ? "caution" : "good";
  return (
    <>
      <span class={`status tone-${tone}`}>
        <Mark tone={tone} />
        {!isEnabled ? settingsText.off : failingSince === null ? webhookText.ok : (
          <span>
            {webhookText.failingSince} <TimeAgo at={failingSince} isBare />
          </span>
        )}
      </span>
      {disabledBecause ? <div class="small why-failed">{disabledBecause}</div> : null}
    </>
  );
}

/** A test that is not taken is news of its own: the delivery says why. */
async function ping(webhookId: number): Promise<void> {
  const { state, lastStatus, lastError } = await api.post("/webhooks/:webhookId/ping", {
    param: { webhookId },
  });
  refresh("/webhooks");
  if (state === "delivered" && lastStatus !== null) toast("good", webhookText.pinged(lastStatus));
  else toast("bad", lastError ?? webhookText.states[state]);
}
