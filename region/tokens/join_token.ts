/** A join token, taken apart. The region's thumbprint in it is for the agent, which reads it itself. */
export interface JoinToken {
  /** By which it is found. */
  readonly id: string;
  /** Shown once; only its hash is stored. */
  readonly secret: string;
}

/** Neither id nor secret contain `_`; the thumbprint, base64url, may, and so stands last. */
const FORMAT = /^rwj_([0-9a-z]{1,32})_([0-9a-f]{48})_[A-Za-z0-9_-]{43}$/;

/** `rwj_<id>_<secret>_<thumbprint of the region's signing key>`. */
export function formatJoinToken(token: JoinToken, regionThumbprint: string): string {
  return `rwj_${token.id}_${token.secret}_${regionThumbprint}`;
}

/** Undefined when it is not a join token at all. */
export function parseJoinToken(text: string): JoinToken | undefined {
  const [, id, secret] = FORMAT.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}
