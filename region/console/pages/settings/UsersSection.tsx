import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { settingsText, userText } from "../../strings/settings.ts";
import { TimeAgo } from "../../ui/Time.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { ListSection } from "./ListSection.tsx";
import { UserDialog } from "./UserDialog.tsx";
import { UserKeysDialog } from "./UserKeysDialog.tsx";

export type User = OutputOf<"/users", "get">["users"][number];

/** People who may sign in, and what they may. */
export function UsersSection() {
  const users = useEvery("/users", "users");
  const now = useStore(session);
  const myId = now.kind === "signed_in" ? now.me.id : undefined;
  const [keysOf, setKeysOf] = useState<User>();
  const endSessions = async ({ id, username }: User) => {
    const { ended } = await api.delete("/users/:userId/sessions", { param: { userId: id } });
    toast("good", userText.ended(username, ended));
  };
  return (
    <>
      <ListSection<User>
        title={settingsText.names.users}
        lead={userText.lead}
        read={users}
        nameOf={({ username }) => username}
        empty={{ icon: "user", title: userText.emptyTitle }}
        columns={[
          {
            key: "name",
            title: userText.username,
            cell: ({ id, username, displayName, isDisabled }) => (
              <>
                <span class="row tight">
                  <strong>{username}</strong>
                  {id === myId ? <span class="tag">{userText.you}</span> : null}
                  {isDisabled ? <span class="tag">{userText.isDisabled}</span> : null}
                </span>
                {displayName ? <div class="faint small">{displayName}</div> : null}
              </>
            ),
          },
          { key: "role", title: userText.role, cell: ({ role }) => role },
          {
            key: "signIn",
            title: userText.signIn,
            cell: ({ hasPassword, oidcIssuer, oidcEmail }) =>
              [
                hasPassword ? userText.byPassword : "",
                oidcIssuer !== null ? userText.byProvider : "",
                oidcIssuer === null && oidcEmail !== null ? userText.invited : "",
              ].filter(Boolean).join(", "),
          },
          {
            key: "last",
            title: userText.lastSignIn,
            cell: ({ lastSignInAt }) =>
              lastSignInAt === null ? settingsText.never : <TimeAgo at={lastSignInAt} />,
          },
        ]}
        edit={{
          add: userText.add,
          form: (user, onClose) => (
            <UserDialog user={user} isMe={user?.id === myId} onClose={onClose} />
          ),
          more: (user) => [
            { label: userText.apiKeys, icon: "key", run: () => setKeysOf(user) },
            {
              label: userText.endSessions,
              icon: "out",
              run: () => void endSessions(user).catch(toastError),
            },
          ],
          removeText: () => userText.removeText,
          typed: ({ username }) => username,
          remove: async ({ id, version }) => {
            await api.delete("/users/:userId", { param: { userId: id }, ifMatch: version });
            refresh("/users");
          },
        }}
      />
      {keysOf ? <UserKeysDialog user={keysOf} onClose={() => setKeysOf(undefined)} /> : null}
    </>
  );
}
