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
    path: paths.sites,
    page: lazyPage(() => import("./pages/sites/SitesPage.tsx")),
    nav: { label: shell.sites, icon: "sites", keys: "g s" },
  },
  { path: "/sites/:siteId", page: lazyPage(() => import("./pages/sites/SitePage.tsx")) },
];
