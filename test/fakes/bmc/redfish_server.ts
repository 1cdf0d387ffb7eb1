import type { RedfishBmc } from "./redfish_bmc.ts";
import type { SelfSigned } from "./self_signed.ts";

export interface RedfishServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves BMCs by HTTPS on one listener: the one that a caller means is known by the address that it
 * was called by, so that thousands on 127.0.0.0/8 cost one socket. Undefined: nobody is there.
 */
export function serveRedfish(
  bmcAt: (address: string) => RedfishBmc | undefined,
  options: { readonly hostname: string; readonly port: number; readonly certificate: SelfSigned },
): RedfishServer {
  const { hostname, port, certificate: { cert, key } } = options;
  const ended = new AbortController();
  const server = Deno.serve({
    hostname,
    port,
    cert,
    key,
    signal: ended.signal,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  }, (request) => {
    const bmc = bmcAt(new URL(request.url).hostname);
    return bmc?.answer(request) ?? new Response(null, { status: 404 });
  });
  return {
    port: server.addr.port,
    stop: async () => {
      ended.abort(); // callers keep their connections: nobody is waited for
      await server.finished;
    },
  };
}
