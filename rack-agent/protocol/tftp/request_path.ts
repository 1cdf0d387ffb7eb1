const PATH_CHARS_MAX = 255;

/**
 * The path a client means, as `a/b/c` below the root of what is served.
 *
 * Firmware writes `/a/b`, `\a\b` and `//a//b` for it. Undefined for a path that leads out of the
 * root or holds control characters: such a file does not exist.
 */
export function normaliseRequestPath(path: string): string | undefined {
  if (path.length > PATH_CHARS_MAX) return undefined;
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return undefined;
  const parts = path.replaceAll("\\", "/").split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.includes("..")) return undefined;
  return parts.join("/");
}
