/** Peers that the integration tests talk to, as Debian and Ubuntu name them. */
export const TEST_PACKAGES: readonly string[] = [
  "atftp",
  "busybox-static", // udhcpc
  "curl",
  "ipmitool",
  "isc-dhcp-client",
  "openipmi", // ipmi_sim
  "tcpdump",
  "tftp-hpa",
];
