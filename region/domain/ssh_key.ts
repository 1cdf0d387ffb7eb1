import { DomainError } from "@/shared/errors/domain_error.ts";

/** Key types of today's OpenSSH; `ssh-dss` is refused by every server since 7.0. */
const TYPES = [
  "ssh-ed25519",
  "ssh-rsa",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
];

/** A longer remark is cut: it is nobody's to trust. */
const COMMENT_CHARS_MAX = 256;

/**
 * One line of an authorized_keys file without options, sshd(8): type, base64, comment.
 *
 * The base64 begins with the type's length and name (RFC 4253 §6.6), which must agree with the
 * first word. Private keys, options and several lines are refused.
 */
export function parseSshKey(text: string): { key: string; comment: string } {
  const [, type = "", base64 = "", comment = ""] =
    /^(\S+) +([A-Za-z0-9+/]+={0,2})(?: +([^\r\n]*))?$/.exec(text.trim()) ?? [];
  const isWhole = base64.length % 4 === 0;
  if (!TYPES.includes(type) || !isWhole || !base64.startsWith(blobStart(type))) {
    throw new DomainError({
      kind: "invalid_input",
      code: "ssh_key.malformed",
      field: "key",
      message: "this is not a public key; paste one line such as ssh-ed25519 AAAA... name@host",
    });
  }
  const remark = [...comment.trim()].slice(0, COMMENT_CHARS_MAX).join("");
  return { key: `${type} ${base64}`, comment: remark };
}

/** The base64 of length and name, up to where the next field would change it. */
function blobStart(type: string): string {
  const start = String.fromCharCode(0, 0, 0, type.length) + type;
  return btoa(start).replaceAll("=", "").slice(0, Math.floor(start.length * 4 / 3));
}
