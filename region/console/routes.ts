import type { IconName } from "./ui/Icon.tsx";
import { type LazyPage, lazyPage } from "./shell/LazyPage.tsx";
import { paths } from "./paths.ts";
import { shell } from "./strings/shell.ts";

export interface PageRoute {
  /** As wouter matches it; the first that fits is shown. */
  readonly path: string;
  readonly page: LazyPage;
  /** Where it is in the navigation; absent: reached from other pages. */
  readonly nav?: { readonly label: string; readonly icon: IconName; readonly keys: string };
}

/** Every page, a line each: where it is, and the folder it is loaded from when it is first shown. */
export const ROUTES: readonly PageRoute[] = [
  {
    path: paths.machines,
    page: lazyPage(() => import("./pages/machines/MachinesPage.tsx")),
    nav: { label: shell.machines, icon: "machines", keys: "g m" },
  },
  {
    path: "/machines/:systemId/:tab?",
    page: lazyPage(() => import("./pages/machine/MachinePage.tsx")),
  },
  {
    path: paths.sites,
    page: lazyPage(() => import("./pages/sites/SitesPage.tsx")),
    nav: { label: shell.sites, icon: "sites", keys: "g s" },
  },
  { path: "/start/:siteId?", page: lazyPage(() => import("./pages/start/StartPage.tsx")) },
  { path: "/sites/:siteId", page: lazyPage(() => import("./pages/sites/SitePage.tsx")) },
  {
    path: paths.networks,
    page: lazyPage(() => import("./pages/networks/NetworksPage.tsx")),
    nav: { label: shell.networks, icon: "networks", keys: "g n" },
  },
  {
    path: "/networks/subnets/:subnetId/:tab?",
    page: lazyPage(() => import("./pages/networks/SubnetPage.tsx")),
  },
  { path: "/networks/:view", page: lazyPage(() => import("./pages/networks/NetworksPage.tsx")) },
  {
    path: paths.images,
    page: lazyPage(() => import("./pages/images/ImagesPage.tsx")),
    nav: { label: shell.images, icon: "images", keys: "g i" },
  },
  {
    path: paths.activity,
    page: lazyPage(() => import("./pages/activity/ActivityPage.tsx")),
    nav: { label: shell.activity, icon: "activity", keys: "g a" },
  },
  { path: "/activity/:tab", page: lazyPage(() => import("./pages/activity/ActivityPage.tsx")) },
  {
    path: paths.settings,
    page: lazyPage(() => import("./pages/settings/SettingsPage.tsx")),
    nav: { label: shell.settings, icon: "settings", keys: "g t" },
  },
  { path: "/settings/:section", page: lazyPage(() => import("./pages/settings/SettingsPage.tsx")) },
];
