export const addText = {
  title: "Add a machine",
  lead: "Machines that boot from a network of a site with enlisting on come in by themselves.",
  add: "Add machine",
  added: (hostname: string) => `${hostname} was added`,
  site: "Site",
  macs: "MAC address",
  macsHint: "Of the interface that it boots from; several with spaces between",
  hostname: "Name",
  hostnameHint: "Empty: one is made up",
  commission: "Commission it at once",
};
