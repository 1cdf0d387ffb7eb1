/**
 * A URL that an admin wrote and the region itself shall call, or why it does not.
 *
 * https to any host but loopback and link-local ones (the region's own host, and the metadata service
 * of a cloud at 169.254.169.254); `allowedHosts` (`host` or `host:port`) lifts both rules. Private
 * networks are allowed: receivers live there. What a name leads to is looked at when it is used.
 */
export function readOutboundUrl(
  text: string,
  allowedHosts: readonly string[],
): { readonly url: URL } | { readonly fault: string } {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return { fault: "it is not an http or https URL" };
  // It would be kept and shown.
  if (url.username || url.password) return { fault: "it has credentials in it" };
  if (url.hash) return { fault: "it has a fragment, which is never sent" };
  if (isAllowedHost(url, allowedHosts)) return { url };
  if (url.protocol === "http:") return { fault: "http is only for hosts that the region allows" };
  if (isForbiddenHost(url.hostname)) return { fault: "it leads to the region's own host or link" };
  return { url };
}

/** Whether the operator of the region has named this host, by `host` or `host:port`. */
export function isAllowedHost(url: URL, allowedHosts: readonly string[]): boolean {
  return allowedHosts.includes(url.host) || allowedHosts.includes(url.hostname);
}

/** Whether an address (as `URL.hostname` or a resolver writes it) is never a receiver's. */
export function isForbiddenHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase().replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  // The URL parser writes IPv4 in any notation as four decimals, and IPv6 in its shortest form.
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return isForbiddenIpv4(name);
  if (!name.includes(":")) return false;
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name);
  if (mapped) {
    const [high, low] = [parseInt(mapped[1] ?? "", 16), parseInt(mapped[2] ?? "", 16)];
    return isForbiddenIpv4([high >> 8, high & 255, low >> 8, low & 255].join("."));
  }
  // ::, ::1 and what embeds IPv4 behind zeros; fe80::/10; ff00::/8.
  return name.startsWith("::") || /^fe[89ab]/.test(name) || name.startsWith("ff");
}

/** RFC 6890: this host, loopback, link-local, multicast and above. */
function isForbiddenIpv4(address: string): boolean {
  const [first = 0, second = 0] = address.split(".").map(Number);
  return first === 0 || first === 127 || (first === 169 && second === 254) || first >= 224;
}
