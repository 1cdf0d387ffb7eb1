import { FrontendMessages } from "./frontend_messages.ts";
import { Seats } from "./seats.ts";

/** Where the bridge leads: a TCP port, or a server's socket folder. */
export type BridgeTarget = Deno.ConnectOptions | { readonly socketFolder: string };

/** What may go wrong on the way, for tests. */
export type BridgeFault =
  | { readonly kind: "none" }
  /** There is no such host: the WebSocket is not opened. */
  | { readonly kind: "refuse" }
  /** It opens, and then nothing comes, as of a host that is gone. */
  | { readonly kind: "hang" }
  /** It ends when a statement that fits is sent, or after so many bytes of answers. */
  | { readonly kind: "cut"; readonly atStatement?: RegExp; readonly afterBytes?: number };

export interface DatabaseBridge {
  /** `host:port`, for the driver's `wsProxy`. */
  readonly address: string;
  /** Since the bridge was opened: connections, and statements in them. */
  readonly counts: { connections: number; statements: number };
  /** The text of statements, while this is set. */
  onStatement?: (text: string) => void;
  fault: BridgeFault;
  stop(): Promise<void>;
}

/** Connections to the server at once; the rest wait, as before Neon's pooler. */
const CONNECTIONS_MAX = 10;

/**
 * Carries the Neon driver's WebSocket to a plain PostgreSQL, as Neon's own proxy does; on loopback
 * only. It counts, and can do what networks do.
 */
export function serveDatabaseBridge(target: BridgeTarget): DatabaseBridge {
  const open = new Set<() => void>();
  const seats = new Seats(CONNECTIONS_MAX);
  const bridge: DatabaseBridge = {
    address: "",
    counts: { connections: 0, statements: 0 },
    fault: { kind: "none" },
    async stop() {
      for (const end of open) end();
      await server.shutdown();
    },
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    bridge.counts.connections++;
    if (bridge.fault.kind === "refuse") return new Response(null, { status: 503 });
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("the database's bridge takes WebSockets", { status: 426 });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    carry(bridge, target, { socket, open, seats });
    return response;
  });
  return Object.assign(bridge, { address: `127.0.0.1:${server.addr.port}` });
}

function carry(
  bridge: DatabaseBridge,
  target: BridgeTarget,
  { socket, open, seats }: { socket: WebSocket; open: Set<() => void>; seats: Seats },
): void {
  socket.binaryType = "arraybuffer";
  const connecting = seats.take().then(() => connect(target));
  const messages = new FrontendMessages();
  let answered = 0;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    open.delete(end);
    connecting.then((tcp) => tcp.close()).catch(() => {}).finally(() => seats.leave());
    if (socket.readyState <= WebSocket.OPEN) socket.close();
  };
  open.add(end);
  const hangs = () => bridge.fault.kind === "hang";
  const answers = async () => {
    for await (const bytes of (await connecting).readable) {
      if (socket.readyState !== WebSocket.OPEN) break;
      if (hangs()) continue;
      answered += bytes.length;
      const { fault } = bridge;
      const isCut = fault.kind === "cut" && answered > (fault.afterBytes ?? Infinity);
      if (isCut) {
        socket.send(bytes.subarray(0, bytes.length >> 1)); // in the middle of an answer
        break;
      }
      socket.send(bytes);
    }
  };
  let writing: Promise<unknown> = connecting;
  const write = async (bytes: Uint8Array) => {
    const tcp = await connecting;
    // One after another: a write may be partial.
    for (let sent = 0; sent < bytes.length;) sent += await tcp.write(bytes.subarray(sent));
  };
  socket.onopen = () => void answers().catch(() => {}).finally(end);
  socket.onmessage = ({ data }) => {
    if (hangs() || isOver) return;
    const bytes = new Uint8Array(data as ArrayBuffer); // by `binaryType`
    for (const statement of messages.statementsIn(bytes)) {
      bridge.counts.statements++;
      bridge.onStatement?.(statement);
      const { fault } = bridge;
      if (fault.kind === "cut" && fault.atStatement?.test(statement)) return end();
    }
    writing = writing.then(() => write(bytes)).catch(end);
  };
  socket.onerror = end;
  socket.onclose = end;
}

async function connect(target: BridgeTarget): Promise<Deno.Conn> {
  if ("socketFolder" in target) {
    return await Deno.connect({ transport: "unix", path: `${target.socketFolder}/.s.PGSQL.5432` });
  }
  const tcp = await Deno.connect(target);
  tcp.setNoDelay(true);
  return tcp;
}
