import { QueryClientProvider } from "@tanstack/preact-query";
import { useEffect } from "preact/hooks";
import { queryClient } from "./api/queries.ts";
import { readSession, session, watchForTheEnd } from "./api/session.ts";
import { useStore } from "./api/store.ts";
import { Shell } from "./shell/Shell.tsx";
import { SignInPage } from "./shell/SignInPage.tsx";
import { shell } from "./strings/shell.ts";
import { Unread, Waiting } from "./ui/ProblemNote.tsx";

export function App() {
  useEffect(() => {
    watchForTheEnd();
    void readSession();
  }, []);
  return (
    <QueryClientProvider client={queryClient}>
      <Gate />
    </QueryClientProvider>
  );
}

/** Nothing is shown of the fleet to somebody who is not signed in. */
function Gate() {
  const now = useStore(session);
  switch (now.kind) {
    case "unknown":
      return <Waiting />;
    case "nobody":
      return <SignInPage />;
    case "signed_in":
      return <Shell me={now.me} />;
    case "failed":
      return (
        <main class="sign-in">
          <div class="sign-in-box">
            <h1>{shell.unreachable}</h1>
            <Unread error={now.error} onRetry={() => void readSession()} />
          </div>
        </main>
      );
  }
}
