import { autoexecScript } from "@/rack-agent/protocol/boot/ipxe_script.ts";
import type { TftpRoute } from "./tftp_routes.ts";

/**
 * `autoexec.ipxe`, which an iPXE without a script of its own fetches from where it came: it leads on
 * to the machine's own boot script, even where another DHCP server names no script.
 */
export function autoexecRoute(httpPort: number): TftpRoute {
  return {
    name: "iPXE's first script",
    match: (path, { serverAddress }) => {
      if (path !== "autoexec.ipxe") return Promise.resolve(undefined);
      const script = autoexecScript(`http://${serverAddress}:${httpPort}`);
      return Promise.resolve({ kind: "bytes", bytes: new TextEncoder().encode(script) });
    },
  };
}
