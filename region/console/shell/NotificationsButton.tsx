import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { refresh, useApi } from "../api/queries.ts";
import { shell } from "../strings/shell.ts";
import { words } from "../strings/words.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Note } from "../ui/ProblemNote.tsx";
import { TimeAgo } from "../ui/Time.tsx";
import { toastError } from "../ui/toasts.ts";

const TONES = { info: "busy", success: "good", warning: "caution", error: "bad" } as const;
const EVERY_MS = 60_000;

/** What needs a person, until it is over. */
export function NotificationsButton() {
  const [isOpen, setOpen] = useState(false);
  const { data } = useApi("/notifications", {}, { everyMs: EVERY_MS });
  const all = data?.notifications ?? [];
  const dismiss = async (notificationId: number) => {
    await api.post("/notifications/:notificationId/dismiss", { param: { notificationId } });
    refresh("/notifications");
  };
  return (
    <>
      <button
        type="button"
        class="nav-item"
        title={shell.notifications}
        onClick={() => setOpen(true)}
      >
        <Icon name="bell" />
        <span class="text">{shell.notifications}</span>
        {all.length > 0 ? <span class="count num">{all.length}</span> : null}
      </button>
      {isOpen
        ? (
          <Dialog title={shell.notifications} onClose={() => setOpen(false)}>
            {all.length === 0 ? <p class="muted">{shell.noNotifications}</p> : null}
            {all.map(({ id, category, message, createdAt, isDismissable }) => (
              <Note
                key={id}
                tone={TONES[category]}
                more={
                  <span class="spread">
                    <TimeAgo at={createdAt} />
                    {isDismissable
                      ? (
                        <Button
                          isSmall
                          kind="quiet"
                          onClick={() => void dismiss(id).catch(toastError)}
                        >
                          {words.dismiss}
                        </Button>
                      )
                      : null}
                  </span>
                }
              >
                {message}
              </Note>
            ))}
          </Dialog>
        )
        : null}
    </>
  );
}
