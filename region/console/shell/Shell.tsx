import { useEffect, useState } from "preact/hooks";
import { Route, Switch, useLocation } from "wouter-preact";
import { followFeed } from "../api/live_events.ts";
import type { Me } from "../api/session.ts";
import { paths } from "../paths.ts";
import { ROUTES } from "../routes.ts";
import { shell } from "../strings/shell.ts";
import { words } from "../strings/words.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { listenForShortcuts, useShortcuts } from "../ui/shortcuts.ts";
import { Toasts } from "../ui/Toasts.tsx";
import { LinkBand } from "./LinkBand.tsx";
import { NavBar } from "./NavBar.tsx";
import { Palette } from "./Palette.tsx";
import { ShortcutsDialog } from "./ShortcutsDialog.tsx";

/** What is around every page once somebody is signed in. */
export function Shell({ me }: { me: Me }) {
  const [open, setOpen] = useState<"palette" | "keys" | undefined>();
  const [, navigate] = useLocation();
  useEffect(followFeed, []);
  useEffect(listenForShortcuts, []);
  useShortcuts([
    {
      keys: "mod+k",
      label: shell.findName,
      run: () => setOpen("palette"),
      always: true,
      isEverywhere: true,
    },
    { keys: "?", label: shell.keys, run: () => setOpen("keys"), isEverywhere: true },
    ...ROUTES.flatMap(({ path, nav }) =>
      nav
        ? [{
          keys: nav.keys,
          label: shell.goTo(nav.label.toLowerCase()),
          run: () => navigate(path),
          isEverywhere: true,
        }]
        : []
    ),
  ]);
  return (
    <div class="shell">
      <a class="skip button" href="#main">{shell.skip}</a>
      <NavBar me={me} onFind={() => setOpen("palette")} onKeys={() => setOpen("keys")} />
      <main class="main" id="main" tabIndex={-1}>
        <LinkBand />
        <Switch>
          <Route path="/">{() => <Redirect to={paths.machines} />}</Route>
          {ROUTES.map(({ path, page: Page }) => (
            <Route key={path} path={path}>
              {(params) => <Page params={params as Readonly<Record<string, string | undefined>>} />}
            </Route>
          ))}
          <Route>
            <EmptyState icon="search" title={words.nothingThere}>{words.noSuchPage}</EmptyState>
          </Route>
        </Switch>
      </main>
      <Toasts />
      {open === "palette" ? <Palette onClose={() => setOpen(undefined)} /> : null}
      {open === "keys" ? <ShortcutsDialog onClose={() => setOpen(undefined)} /> : null}
    </div>
  );
}

function Redirect({ to }: { to: string }) {
  const [, navigate] = useLocation();
  useEffect(() => navigate(to, { replace: true }), [to]);
  return null;
}
