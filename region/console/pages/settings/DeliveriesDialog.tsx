import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { webhookText } from "../../strings/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { formatDuration } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Mark } from "../../ui/StatusBadge.tsx";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toastError } from "../../ui/toasts.ts";
import type { Webhook } from "./WebhooksSection.tsx";

type Delivery = OutputOf<"/webhooks/:webhookId/deliveries", "get">["deliveries"][number];

const TONES = { pending: "caution", delivered: "good", failed: "bad" } as const;
const SHOWN = 50;
const EVERY_MS = 5000;

/** What was sent to a webhook in the last week, and how it was answered. */
export function DeliveriesDialog(
  { webhook: { id: webhookId, url }, onClose }: { webhook: Webhook; onClose: () => void },
) {
  const deliveries = useApi("/webhooks/:webhookId/deliveries", {
    param: { webhookId },
    query: { limit: SHOWN },
  }, { everyMs: EVERY_MS });
  const again = async (deliveryId: number) => {
    await api.post("/webhooks/:webhookId/deliveries/:deliveryId/redeliver", {
      param: { webhookId, deliveryId },
    });
    refresh("/webhooks");
  };
  return (
    <Dialog title={webhookText.deliveriesOf(url)} isWide onClose={onClose}>
      <Loaded read={deliveries}>
        {(data) =>
          data.deliveries.length === 0
            ? <p class="muted">{webhookText.noDeliveries}</p>
            : (
              <Table<Delivery>
                label={webhookText.deliveries}
                rows={data.deliveries}
                keyOf={({ id }) => id}
                columns={[
                  {
                    key: "event",
                    title: webhookText.event,
                    cell: ({ kind, eventId }) => (
                      <code>{eventId === null ? webhookText.test : kind}</code>
                    ),
                  },
                  {
                    key: "state",
                    title: webhookText.state,
                    cell: ({ state }) => (
                      <span class={`status tone-${TONES[state]}`}>
                        <Mark tone={TONES[state]} />
                        {webhookText.states[state]}
                      </span>
                    ),
                  },
                  {
                    key: "answer",
                    title: webhookText.answer,
                    cell: ({ lastStatus, lastError, lastDurationMs }) => (
                      <>
                        {lastStatus} {lastDurationMs === null
                          ? null
                          : <span class="faint">{formatDuration(lastDurationMs)}</span>}
                        {lastError ? <div class="small why-failed">{lastError}</div> : null}
                      </>
                    ),
                  },
                  {
                    key: "attempts",
                    title: webhookText.attempts,
                    isRight: true,
                    cell: ({ attempts }) => attempts,
                  },
                  {
                    key: "at",
                    title: webhookText.sent,
                    cell: ({ lastAttemptAt, createdAt }) => (
                      <TimeAgo at={lastAttemptAt ?? createdAt} />
                    ),
                  },
                  {
                    key: "again",
                    title: "",
                    isRight: true,
                    cell: ({ id, kind }) => (
                      <Button
                        isSmall
                        title={`${webhookText.again}: ${kind}`}
                        onClick={() => void again(id).catch(toastError)}
                      >
                        {webhookText.again}
                      </Button>
                    ),
                  },
                ]}
              />
            )}
      </Loaded>
    </Dialog>
  );
}
