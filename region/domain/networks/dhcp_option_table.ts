/**
 * How an option's value is written, and what it is on the wire. Lists are separated by commas.
 *
 * `sub-options` are options inside of one, as vendors have them in option 43 (RFC 2132 §8.4): each is
 * a code, a type and a value, with semicolons between them: `1 ipv4 10.0.0.5; 2 text rack 7`.
 */
export const DHCP_OPTION_TYPES = [
  "ipv4",
  "ipv4-list",
  "u8",
  "u16",
  "u32",
  "i32",
  "bool",
  "text",
  "domain-list",
  "hex",
  "sub-options",
] as const;
export type DhcpOptionType = typeof DHCP_OPTION_TYPES[number];

/** Options that people name, by the names that ISC dhcpd and Kea know them by. */
export const DHCP_OPTION_NAMES: Readonly<Record<string, { code: number; type: DhcpOptionType }>> = {
  "time-offset": { code: 2, type: "i32" }, //               RFC 2132 §3.4
  "routers": { code: 3, type: "ipv4-list" }, //             RFC 2132 §3.5
  "time-servers": { code: 4, type: "ipv4-list" }, //        RFC 2132 §3.6
  "ien116-name-servers": { code: 5, type: "ipv4-list" }, // RFC 2132 §3.7
  "domain-name-servers": { code: 6, type: "ipv4-list" }, // RFC 2132 §3.8
  "log-servers": { code: 7, type: "ipv4-list" }, //         RFC 2132 §3.9
  "lpr-servers": { code: 9, type: "ipv4-list" }, //         RFC 2132 §3.11
  "host-name": { code: 12, type: "text" }, //               RFC 2132 §3.14
  "boot-size": { code: 13, type: "u16" }, //                RFC 2132 §3.15
  "domain-name": { code: 15, type: "text" }, //             RFC 2132 §3.17
  "root-path": { code: 17, type: "text" }, //               RFC 2132 §3.19
  "ip-forwarding": { code: 19, type: "bool" }, //           RFC 2132 §4.1
  "default-ip-ttl": { code: 23, type: "u8" }, //            RFC 2132 §4.5
  "interface-mtu": { code: 26, type: "u16" }, //            RFC 2132 §5.1
  "broadcast-address": { code: 28, type: "ipv4" }, //       RFC 2132 §5.3
  "router-discovery": { code: 31, type: "bool" }, //        RFC 2132 §5.6
  "arp-cache-timeout": { code: 35, type: "u32" }, //        RFC 2132 §6.2
  "default-tcp-ttl": { code: 37, type: "u8" }, //           RFC 2132 §7.1
  "tcp-keepalive-interval": { code: 38, type: "u32" }, //   RFC 2132 §7.2
  "nis-domain": { code: 40, type: "text" }, //              RFC 2132 §8.1
  "nis-servers": { code: 41, type: "ipv4-list" }, //        RFC 2132 §8.2
  "ntp-servers": { code: 42, type: "ipv4-list" }, //        RFC 2132 §8.3
  "vendor-encapsulated-options": { code: 43, type: "hex" }, // RFC 2132 §8.4
  "netbios-name-servers": { code: 44, type: "ipv4-list" }, // RFC 2132 §8.5
  "netbios-node-type": { code: 46, type: "u8" }, //         RFC 2132 §8.7
  "font-servers": { code: 48, type: "ipv4-list" }, //       RFC 2132 §8.9
  "x-display-manager": { code: 49, type: "ipv4-list" }, //  RFC 2132 §8.10
  "vendor-class-identifier": { code: 60, type: "text" }, // RFC 2132 §9.13
  "tftp-server-name": { code: 66, type: "text" }, //        RFC 2132 §9.4
  "bootfile-name": { code: 67, type: "text" }, //           RFC 2132 §9.5
  "smtp-server": { code: 69, type: "ipv4-list" }, //        RFC 2132 §8.14
  "www-server": { code: 72, type: "ipv4-list" }, //         RFC 2132 §8.17
  "pcode": { code: 100, type: "text" }, //                  RFC 4833 §2, POSIX time zone
  "tcode": { code: 101, type: "text" }, //                  RFC 4833 §2, its name in the tz database
  "v6-only-preferred": { code: 108, type: "u32" }, //       RFC 8925 §3.1
  "domain-search": { code: 119, type: "domain-list" }, //   RFC 3397 §2
  "vivso": { code: 125, type: "hex" }, //                   RFC 3925 §4
  "tftp-server-address": { code: 150, type: "ipv4-list" }, // RFC 5859 §2
  "wpad": { code: 252, type: "text" }, //                   draft-ietf-wrec-wpad-01, in wide use
};

/** What makes up a lease or is echoed; the agent fills it in. 0 and 255 are no options at all. */
export const DHCP_SERVER_CODES: readonly number[] = [
  ...[0, 1, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 82, 97, 255],
];
