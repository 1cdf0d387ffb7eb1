import { normaliseRequestPath } from "@/rack-agent/protocol/tftp/request_path.ts";

/** A place that files for TFTP come from. */
export interface TftpRoute {
  /** For errors and logs. */
  readonly name: string;
  /**
   * The file's bytes, not to be changed afterwards; undefined when it is not this route's.
   *
   * `path` is relative, with `/` between its parts, and never leads upwards.
   */
  match(path: string): Promise<Uint8Array | undefined>;
}

/** The file a client asks for, from the first route that has it. A path that leads out has none. */
export async function findFile(
  routes: readonly TftpRoute[],
  requestedPath: string,
): Promise<{ path: string; file: Uint8Array } | undefined> {
  const path = normaliseRequestPath(requestedPath);
  if (path === undefined) return undefined;
  for (const route of routes) {
    const file = await route.match(path);
    if (file) return { path, file };
  }
  return undefined;
}
