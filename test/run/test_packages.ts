/** Peers that the integration tests talk to, as Debian and Ubuntu name them. */
export const TEST_PACKAGES: readonly string[] = [
  "atftp",
  "bind9-utils", // named-checkzone
  "busybox-static", // udhcpc
  "chromium",
  "ceph-mon", // with the two below, a server that speaks S3
  "ceph-osd",
  "curl",
  "fdisk", // with udev, what install plans run
  "gnupg", // gpg and gpgv, which mirrors verify with
  "dhcpcd-base",
  "dnsmasq-base", // another DHCP server on the network
  "freeipmi-tools", // ipmi-power: cipher suites that ipmitool does not speak
  "ipmitool",
  "isc-dhcp-client",
  "isc-dhcp-relay", // dhcrelay
  "kea-admin", // perfdhcp
  "jq",
  "netplan.io", // reads what deployed machines are given
  "openipmi", // ipmi_sim
  "python3-pyghmi", // fakebmc
  "python3-sushy", // OpenStack's Redfish client
  "redfishtool", // DMTF's
  "radosgw",
  "tcpdump",
  "tftp-hpa",
  "tshark",
  "udev",
  "udhcpc",
];
