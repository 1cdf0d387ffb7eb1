import { createSocket, type RemoteInfo } from "node:dgram";

/** What reaches the client of one datagram of the BMC, in order. */
export type Tamper = (bytes: Uint8Array) => Uint8Array[];

/** Stands between a client and a BMC on 127.0.0.1, and may add, damage and repeat what comes back. */
export interface Relay {
  readonly port: number;
  /** The client's own port, once it has sent something. */
  clientPort(): number;
  stop(): Promise<void>;
}

export async function startRelay(bmcPort: number, tamper: Tamper): Promise<Relay> {
  const front = createSocket("udp4");
  const back = createSocket("udp4");
  let client: RemoteInfo | undefined;
  front.on("message", (bytes, from) => {
    client = from;
    back.send(bytes, bmcPort, "127.0.0.1");
  });
  back.on("message", (bytes) => {
    if (!client) return;
    for (const out of tamper(Uint8Array.from(bytes))) {
      front.send(out, client.port, client.address);
    }
  });
  await new Promise<void>((resolve) => front.bind(0, "127.0.0.1", () => resolve()));
  return {
    port: front.address().port,
    clientPort: () => client?.port ?? 0,
    stop: () => new Promise((resolve) => front.close(() => back.close(() => resolve()))),
  };
}
