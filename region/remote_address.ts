/**
 * Whose request it is: the peer, or, where the peer is a proxy of ours, whom that one names.
 *
 * `X-Forwarded-For` is read from its end, for each proxy appends the peer that it saw; the first
 * address that is no proxy of ours is the client's. What stands before it, anybody can have written.
 */
export function remoteAddressOf(
  peer: string,
  forwardedFor: string | null,
  proxies: readonly string[],
): string {
  const chain = [...(forwardedFor ?? "").split(",").map((each) => each.trim()), peer]
    .filter((each) => each !== "");
  const client = chain.findLast((address, i) => !proxies.includes(address) || i === 0) ?? peer;
  return isAddress(client) ? client : peer;
}

/** Enough to keep text of strangers out of the audit. */
function isAddress(text: string): boolean {
  return text.length <= 45 && /^[0-9A-Fa-f:.]+$/.test(text);
}
