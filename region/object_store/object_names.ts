/** Every name under which the region keeps something in the object store. */

/** An image's file, by the hex SHA-256 of its content. Agents may read these. */
export function blobName(sha256: string): string {
  return `blobs/${sha256}`;
}

/** What an agent sent, by content and apart from the images, so that no site can plant one. */
export function uploadName(siteId: string, sha256: string): string {
  return `uploads/${siteId}/${sha256}`;
}

/** A site's signed state document, a compact JWS. */
export function siteStateName(siteId: string): string {
  return `sites/${siteId}/state`;
}

/** JSON `{agentIds: [...]}`: whose credentials count no more although they have not expired. */
export const REVOKED_AGENTS_NAME = "agents/revoked";

/** JSON: when each agent last polled, to some minutes. */
export const AGENTS_SEEN_NAME = "agents/seen";

/** Replaced before anything in the database is changed, by a home that looks there before it ticks. */
export const WORK_NAME = "region/work";

/** JSON: what the last tick of such a home has seen, and when the next is due whatever happens. */
export const TICKED_NAME = "region/ticked";

/** A part of a file that is on its way, from 0; gone when the whole is there. */
export function partName(sha256: string, number: number): string {
  return `incoming/${sha256}/${String(number).padStart(6, "0")}`;
}

/** The SHA-256 of each chunk of an image's file, 32 bytes each. */
export function chunksName(sha256: string): string {
  return `chunks/${sha256}`;
}
