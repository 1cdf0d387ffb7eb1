import { Link, useLocation } from "wouter-preact";
import type { Me } from "../api/session.ts";
import { signOut } from "../api/session.ts";
import { useStore } from "../api/store.ts";
import { paths } from "../paths.ts";
import { ROUTES } from "../routes.ts";
import { shell } from "../strings/shell.ts";
import { words } from "../strings/words.ts";
import { Icon } from "../ui/Icon.tsx";
import { MenuButton, type MenuItem } from "../ui/Menu.tsx";
import { spell } from "../ui/shortcuts.ts";
import { toastError } from "../ui/toasts.ts";
import { BrandMark } from "./Brand.tsx";
import { NotificationsButton } from "./NotificationsButton.tsx";
import { setTheme, type Theme, theme } from "./theme.ts";

/** The way around: pages, the finder, and whoever is signed in. */
export function NavBar(
  { me, onFind, onKeys }: { me: Me; onFind: () => void; onKeys: () => void },
) {
  const [location] = useLocation();
  return (
    <nav class="nav" aria-label={shell.navigation}>
      <Link href={paths.machines} class="brand" aria-label={words.product}>
        <BrandMark />
        <span class="text">{words.product}</span>
      </Link>
      <button
        type="button"
        class="finder"
        onClick={onFind}
        // Begins with what is seen, for whoever speaks it (WCAG 2.5.3).
        aria-label={`${shell.find} ${spell("mod+k").join("")}`}
        title={shell.findName}
      >
        <Icon name="search" />
        <span class="text grow">{shell.find}</span>
        <kbd>{spell("mod+k").join("")}</kbd>
      </button>
      <ul>
        {ROUTES.map(({ path, page, nav }) =>
          nav
            ? (
              <li key={path}>
                <Link
                  href={path}
                  class="nav-item"
                  aria-label={nav.label}
                  title={nav.label}
                  aria-current={isBelow(location, path) ? "page" : undefined}
                  onPointerEnter={() => void page.load().catch(() => {})}
                >
                  <Icon name={nav.icon} />
                  <span class="text">{nav.label}</span>
                </Link>
              </li>
            )
            : null
        )}
      </ul>
      <div class="foot">
        <NotificationsButton />
        <AccountMenu me={me} onKeys={onKeys} />
      </div>
    </nav>
  );
}

function AccountMenu({ me, onKeys }: { me: Me; onKeys: () => void }) {
  const now = useStore(theme);
  const look = (label: string, value: Theme): MenuItem => ({
    kind: "radio",
    label,
    isOn: now === value,
    run: () => setTheme(value),
  });
  return (
    <MenuButton
      class="account"
      look="quiet"
      icon="user"
      title={shell.signedInAs(me.username, me.actingRole)}
      items={[
        { kind: "title", label: shell.signedInAs(me.username, me.actingRole) },
        { kind: "line" },
        { kind: "title", label: shell.theme },
        look(shell.themeSystem, "system"),
        look(shell.themeLight, "light"),
        look(shell.themeDark, "dark"),
        { kind: "line" },
        { label: shell.keys, icon: "terminal", run: onKeys },
        { label: shell.apiDocs, icon: "link", run: () => void open("/api/v1/docs", "_blank") },
        { kind: "line" },
        { label: shell.signOut, icon: "out", run: () => void signOut().catch(toastError) },
      ]}
    >
      <span class="text cut">{me.displayName || me.username}</span>
    </MenuButton>
  );
}

function isBelow(location: string, path: string): boolean {
  return location === path || location.startsWith(`${path}/`);
}
