/** Every address of the console, made in one place. */
export const paths = {
  machines: "/machines",
  machine: (systemId: string, tab?: string) =>
    tab === undefined ? `/machines/${systemId}` : `/machines/${systemId}/${tab}`,
  sites: "/sites",
  site: (siteId: string) => `/sites/${siteId}`,
  start: "/start",
  startSite: (siteId: string) => `/start/${siteId}`,
  networks: "/networks",
  images: "/images",
  activity: "/activity",
  settings: "/settings",
};
