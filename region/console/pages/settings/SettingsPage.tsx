import type { ComponentType } from "preact";
import { Link } from "wouter-preact";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import type { PageProps } from "../../shell/LazyPage.tsx";
import { optionsText } from "../../strings/networks.ts";
import { settingsText } from "../../strings/settings.ts";
import { Page } from "../../ui/Page.tsx";
import { OptionsCard } from "../networks/OptionsCard.tsx";
import { AccountSection } from "./AccountSection.tsx";
import { ApiKeysSection } from "./ApiKeysSection.tsx";
import { GeneralSection } from "./GeneralSection.tsx";
import { GroupsSection } from "./GroupsSection.tsx";
import { NotificationsSection } from "./NotificationsSection.tsx";
import { PlacementsSection } from "./PlacementsSection.tsx";
import { ProviderSection } from "./ProviderSection.tsx";
import { ScriptsSection } from "./ScriptsSection.tsx";
import { SshKeysSection } from "./SshKeysSection.tsx";
import { TagsSection } from "./TagsSection.tsx";
import { UsersSection } from "./UsersSection.tsx";
import { WebhooksSection } from "./WebhooksSection.tsx";

type SectionId = keyof typeof settingsText.names;

const SECTIONS: Record<SectionId, ComponentType> = {
  "account": AccountSection,
  "ssh-keys": SshKeysSection,
  "api-keys": ApiKeysSection,
  "tags": TagsSection,
  "scripts": ScriptsSection,
  "zones": () => <PlacementsSection kind="zones" />,
  "pools": () => <PlacementsSection kind="pools" />,
  "dhcp-options": OptionsSection,
  "general": GeneralSection,
  "users": UsersSection,
  "groups": GroupsSection,
  "sign-in": ProviderSection,
  "webhooks": WebhooksSection,
  "notifications": NotificationsSection,
};

const PARTS: readonly { title: string; isForAdmins?: boolean; ids: readonly SectionId[] }[] = [
  { title: settingsText.mine, ids: ["account", "ssh-keys", "api-keys"] },
  { title: settingsText.fleet, ids: ["tags", "scripts", "zones", "pools", "dhcp-options"] },
  {
    title: settingsText.region,
    isForAdmins: true,
    ids: ["general", "users", "groups", "sign-in", "webhooks", "notifications"],
  },
];

/** One's own account, what machines are sorted by, and, for administrators, the region. */
export default function SettingsPage({ params: { section = "account" } }: PageProps) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const parts = PARTS.filter(({ isForAdmins }) => isAdmin || !isForAdmins);
  const known = parts.flatMap(({ ids }) => ids);
  const id = known.find((each) => each === section) ?? "account";
  const Section = SECTIONS[id];
  return (
    <Page title={`${settingsText.title}: ${settingsText.names[id]}`} isReadable>
      <div class="settings">
        <nav class="settings-nav" aria-label={settingsText.sections}>
          {parts.map(({ title, ids }) => (
            <div key={title}>
              <h2>{title}</h2>
              <ul>
                {ids.map((each) => (
                  <li key={each}>
                    <Link
                      href={paths.settingsOf(each)}
                      aria-current={each === id ? "page" : undefined}
                    >
                      {settingsText.names[each]}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <div class="stack settings-body">
          <Section key={id} />
        </div>
      </div>
    </Page>
  );
}

function OptionsSection() {
  return (
    <>
      <p class="muted">{optionsText.lead}</p>
      <OptionsCard />
    </>
  );
}
