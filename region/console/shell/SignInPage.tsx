import { useState } from "preact/hooks";
import { useApi } from "../api/queries.ts";
import { signIn } from "../api/session.ts";
import { shell } from "../strings/shell.ts";
import { words } from "../strings/words.ts";
import { Button } from "../ui/Button.tsx";
import { TextField } from "../ui/Field.tsx";
import { ProblemNote } from "../ui/ProblemNote.tsx";
import { useAction } from "../ui/use_action.ts";
import { BrandMark } from "./Brand.tsx";

/** By name and password, or by whatever else the region offers. */
export function SignInPage() {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const { data: methods } = useApi("/sign-in-methods");
  const action = useAction(() => signIn({ username: username.trim(), password }));
  const oidc = methods?.oidc;
  const returnTo = encodeURIComponent(location.pathname + location.search);
  return (
    <main class="sign-in">
      <div class="sign-in-box">
        <h1 class="brand">
          <BrandMark />
          {words.product}
        </h1>
        <div class="card">
          <div class="card-body stack">
            {oidc
              ? (
                <>
                  <a class="button primary" href={`${oidc.startPath}?returnTo=${returnTo}`}>
                    {shell.with(oidc.label)}
                  </a>
                  <div class="or">{shell.or}</div>
                </>
              )
              : null}
            <form
              class="stack"
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                if (username.trim() && password) action.run();
              }}
            >
              <TextField
                label={shell.username}
                value={username}
                onInput={setUsername}
                autocomplete="username"
                isFirst
              />
              <TextField
                label={shell.password}
                type="password"
                value={password}
                onInput={setPassword}
                autocomplete="current-password"
              />
              <ProblemNote problem={action.problem} />
              <Button type="submit" kind={oidc ? undefined : "primary"} isBusy={action.isBusy}>
                {shell.signIn}
              </Button>
            </form>
          </div>
        </div>
        <p class="faint small">{shell.passwordForgotten}</p>
      </div>
    </main>
  );
}
