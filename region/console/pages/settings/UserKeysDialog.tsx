import { useEvery } from "../../api/every_page.ts";
import { apiKeyText } from "../../strings/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Table } from "../../ui/Table.tsx";
import { toastError } from "../../ui/toasts.ts";
import { API_KEY_COLUMNS, revokeKey } from "./ApiKeysSection.tsx";
import type { User } from "./UsersSection.tsx";

/** Another's API keys, for an administrator to revoke. */
export function UserKeysDialog(
  { user: { id: userId, username }, onClose }: { user: User; onClose: () => void },
) {
  const keys = useEvery("/api-keys", "apiKeys", { userId });
  return (
    <Dialog title={apiKeyText.keysOf(username)} isWide onClose={onClose}>
      <Loaded read={keys}>
        {(rows) =>
          rows.length === 0 ? <p class="muted">{apiKeyText.emptyTitle}</p> : (
            <Table
              label={apiKeyText.keysOf(username)}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                ...API_KEY_COLUMNS,
                {
                  key: "actions",
                  title: "",
                  isRight: true,
                  cell: ({ id, description }) => (
                    <Button
                      isSmall
                      title={`${apiKeyText.revoke}: ${description}`}
                      onClick={() => void revokeKey(id).catch(toastError)}
                    >
                      {apiKeyText.revoke}
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
