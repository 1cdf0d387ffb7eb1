import { DomainError } from "@/shared/errors/domain_error.ts";

/**
 * The address of a file of an image source, by its path below the source's root.
 *
 * Refuses whatever could lead elsewhere: absolute paths, `..`, other schemes and hosts, backslashes,
 * and percent signs, behind which all of these can hide.
 */
export function resolveInside(rootUrl: string, path: string): string {
  const root = rootUrl.endsWith("/") ? rootUrl : `${rootUrl}/`;
  const parts = path.split("/");
  const isPlain = /^[A-Za-z0-9._~+=,@-][A-Za-z0-9._~+=,@:/-]*$/.test(path) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isPlain) return root + path;
  throw new DomainError({
    kind: "invalid_input",
    code: "image_source.path_escapes",
    message: `the source names the file ${JSON.stringify(path.slice(0, 120))}; ` +
      "only plain paths below its root are followed",
  });
}

/** The root of an image source as it is asked for: http or https, nothing secret or odd in it. */
export function parseSourceUrl(text: string): string {
  const url = URL.parse(text);
  const isUsable = url && (url.protocol === "http:" || url.protocol === "https:") &&
    !url.username && !url.password && !url.search && !url.hash;
  if (isUsable) return url.href.endsWith("/") ? url.href : `${url.href}/`;
  throw new DomainError({
    kind: "invalid_input",
    code: "image_source.bad_url",
    field: "url",
    message: `"${text.slice(0, 120)}" is not the address of an image source; ` +
      "write http(s)://host/path without user, query and fragment",
  });
}
