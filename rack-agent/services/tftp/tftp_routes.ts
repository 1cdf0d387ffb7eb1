import { normaliseRequestPath } from "@/rack-agent/protocol/tftp/request_path.ts";
import type { TftpAnswer, TftpFile, TftpRequest } from "./tftp_messages.ts";

/** A place that files for TFTP come from. */
export interface TftpRoute {
  /** For errors and logs. */
  readonly name: string;
  /**
   * The file; undefined when it is not this route's.
   *
   * `path` is relative, with `/` between its parts, and never leads upwards.
   */
  match(path: string, request: TftpRequest): Promise<TftpFile | undefined>;
}

/** The file a client asks for, from the first route that has it. A path that leads out has none. */
export async function findFile(
  routes: readonly TftpRoute[],
  request: TftpRequest,
): Promise<TftpAnswer> {
  const path = normaliseRequestPath(request.path);
  if (path === undefined) return { kind: "missing" };
  for (const route of routes) {
    const file = await route.match(path, request);
    if (file) return { kind: "file", path, file };
  }
  return { kind: "missing" };
}
