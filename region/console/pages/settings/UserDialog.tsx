import { useState } from "preact/hooks";
import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { userText } from "../../strings/settings.ts";
import { words } from "../../strings/words.ts";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { PoolsField } from "./PoolsField.tsx";
import type { User } from "./UsersSection.tsx";

/** A user: who they are, what they may, how they sign in. */
export function UserDialog(
  { user, isMe, onClose }: { user: User | undefined; isMe: boolean; onClose: () => void },
) {
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>(user?.role ?? "operator");
  const [password, setPassword] = useState("");
  const [displayName, setDisplayName] = useState(user?.displayName ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const [oidcEmail, setOidcEmail] = useState(user?.oidcEmail ?? "");
  const [isLimited, setLimited] = useState(user ? user.poolIds !== null : false);
  const [poolIds, setPoolIds] = useState<readonly number[]>(user?.poolIds ?? []);
  const [isDisabled, setDisabled] = useState(user?.isDisabled ?? false);
  const [unlink, setUnlink] = useState(false);
  const save = async () => {
    const json = {
      displayName: displayName.trim(),
      email: email.trim(),
      oidcEmail: oidcEmail.trim() || null,
      poolIds: isLimited ? [...poolIds] : null,
      password: password === "" ? undefined : password,
    };
    if (user) {
      await api.patch("/users/:userId", {
        param: { userId: user.id },
        json: {
          ...json,
          // Nobody changes their own role, or shuts themselves out.
          ...(isMe ? {} : { role, isDisabled }),
          ...(unlink ? { unlinkOidc: true as const } : {}),
        },
        ifMatch: user.version,
      });
    } else await api.post("/users", { json: { ...json, username: username.trim(), role } });
    refresh("/users");
  };
  return (
    <FormDialog
      title={user ? user.username : userText.add}
      deed={user ? words.save : userText.add}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          {user ? null : (
            <TextField
              label={userText.username}
              value={username}
              onInput={setUsername}
              fault={fault("username")}
              isFirst
              hasNoMemory
            />
          )}
          {isMe ? null : (
            <SelectField<Role>
              label={userText.role}
              value={role}
              options={ROLES.map((value) => ({ value, label: userText.roles[value] }))}
              onChange={setRole}
              fault={fault("role")}
            />
          )}
          <TextField
            label={user ? userText.newPassword : userText.password}
            hint={user ? userText.newPasswordHint : userText.passwordHint}
            type="password"
            value={password}
            onInput={setPassword}
            fault={fault("password")}
            autocomplete="new-password"
          />
          <TextField
            label={userText.displayName}
            value={displayName}
            onInput={setDisplayName}
            fault={fault("displayName")}
            hasNoMemory
          />
          <TextField
            label={userText.email}
            value={email}
            onInput={setEmail}
            fault={fault("email")}
            hasNoMemory
          />
          <TextField
            label={userText.oidcEmail}
            hint={userText.oidcEmailHint}
            value={oidcEmail}
            onInput={setOidcEmail}
            fault={fault("oidcEmail")}
            hasNoMemory
          />
          {role === "admin" ? null : (
            <>
              <SelectField
                label={userText.pools}
                value={isLimited ? "some" : "all"}
                options={[
                  { value: "all", label: userText.allPools },
                  { value: "some", label: userText.somePools },
                ]}
                onChange={(value) => setLimited(value === "some")}
                fault={fault("poolIds")}
              />
              {isLimited
                ? <PoolsField label={userText.pools} value={poolIds} onChange={setPoolIds} />
                : null}
            </>
          )}
          {user && !isMe
            ? <CheckField label={userText.disabled} checked={isDisabled} onChange={setDisabled} />
            : null}
          {user && user.oidcIssuer !== null
            ? (
              <CheckField
                label={userText.unlink}
                hint={userText.unlinkText}
                checked={unlink}
                onChange={setUnlink}
              />
            )
            : null}
        </>
      )}
    </FormDialog>
  );
}
