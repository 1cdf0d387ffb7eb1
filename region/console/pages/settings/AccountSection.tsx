import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { type Me, readSession, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { accountText, settingsText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { faultOf, TextField } from "../../ui/Field.tsx";
import { Card, Facts } from "../../ui/Page.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";

/** Whoever is signed in: how they are called, and their password. */
export function AccountSection() {
  const now = useStore(session);
  if (now.kind !== "signed_in") return null;
  const { me } = now;
  return (
    <>
      <p class="muted">{accountText.lead}</p>
      <ProfileCard key={me.version} me={me} />
      <Card title={accountText.password}>
        {me.hasPassword
          ? <PasswordForm username={me.username} />
          : <p class="muted">{accountText.noPassword}</p>}
      </Card>
    </>
  );
}

function ProfileCard({ me }: { me: Me }) {
  const [displayName, setDisplayName] = useState(me.displayName);
  const [email, setEmail] = useState(me.email);
  const action = useAction(async () => {
    await api.patch("/me", {
      json: { displayName: displayName.trim(), email: email.trim() },
      ifMatch: me.version,
    });
    await readSession();
    toast("good", settingsText.saved);
  });
  return (
    <Card title={accountText.profile}>
      <form
        class="stack narrow-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          action.run();
        }}
      >
        <Facts
          items={[
            [accountText.username, me.username],
            [accountText.role, me.role],
            me.lastSignInAt === null ? null : [
              accountText.lastSignIn,
              <TimeAgo key="last" at={me.lastSignInAt} />,
            ],
          ]}
        />
        <TextField
          label={accountText.displayName}
          value={displayName}
          onInput={setDisplayName}
          fault={faultOf(action.problem, "displayName")}
          hasNoMemory
        />
        <TextField
          label={accountText.email}
          value={email}
          onInput={setEmail}
          fault={faultOf(action.problem, "email")}
          autocomplete="email"
        />
        <ProblemNote problem={action.problem} />
        <div>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{words.save}</Button>
        </div>
      </form>
    </Card>
  );
}

function PasswordForm({ username }: { username: string }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const action = useAction(async () => {
    await api.post("/me/password", { json: { currentPassword: current, newPassword: next } });
    setCurrent("");
    setNext("");
    toast("good", accountText.passwordChanged);
  });
  return (
    <form
      class="stack narrow-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        action.run();
      }}
    >
      {/* So that password stores know whose it is. */}
      <input type="text" name="username" autocomplete="username" value={username} hidden readOnly />
      <TextField
        label={accountText.currentPassword}
        type="password"
        value={current}
        onInput={setCurrent}
        fault={faultOf(action.problem, "currentPassword")}
        autocomplete="current-password"
      />
      <TextField
        label={accountText.newPassword}
        hint={accountText.newPasswordHint}
        type="password"
        value={next}
        onInput={setNext}
        fault={faultOf(action.problem, "newPassword")}
        autocomplete="new-password"
      />
      <ProblemNote problem={action.problem} />
      <div>
        <Button type="submit" isBusy={action.isBusy}>{accountText.changePassword}</Button>
      </div>
    </form>
  );
}
