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
  subnet: (subnetId: number, tab?: string) =>
    tab === undefined ? `/networks/subnets/${subnetId}` : `/networks/subnets/${subnetId}/${tab}`,
  images: "/images",
  activity: "/activity",
  activityOf: (tab: string) => `/activity/${tab}`,
  settings: "/settings",
  settingsOf: (section: string) => `/settings/${section}`,
};
