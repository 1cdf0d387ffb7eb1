import { Buffer } from "node:buffer";
import { createSocket, type Socket } from "node:dgram";
import type { IpmiBmc } from "./ipmi_bmc.ts";

/** How a BMC misbehaves on the network. */
export interface NetworkFault {
  /** Each answer comes this much later. */
  readonly slowMs?: number;
  /** Hears nothing. */
  readonly isDeaf?: boolean;
  /** Sends noise before each answer: random bytes; in a session, the answer with a bit wrong too. */
  readonly sendsGarbage?: boolean;
}

/** A simulated BMC on a UDP port. */
export interface ServedBmc {
  readonly bmc: IpmiBmc;
  readonly address: string;
  readonly port: number;
  /** Replaces how it misbehaves from now on. */
  setFault(fault: NetworkFault): void;
  stop(): Promise<void>;
}

/** Serves `bmc`; a port of 0 takes a free one. Rejects when the address cannot be had. */
export function serveIpmi(
  bmc: IpmiBmc,
  at: { address?: string; port?: number; fault?: NetworkFault } = {},
): Promise<ServedBmc> {
  const socket = createSocket("udp4");
  let fault = at.fault ?? {};
  socket.on("message", (bytes, from) => {
    if (fault.isDeaf) return;
    for (const answer of bmc.receive(Uint8Array.from(bytes))) {
      const send = () => sendTo(socket, fault.sendsGarbage ?? false, answer, from);
      if (fault.slowMs === undefined) send();
      else setTimeout(send, fault.slowMs);
    }
  });
  const address = at.address ?? "127.0.0.1";
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(at.port ?? 0, address, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined); // a console that went away
      const { port } = socket.address();
      const setFault = (next: NetworkFault) => void (fault = next);
      const stop = () => new Promise<void>((closed) => socket.close(() => closed()));
      resolve({ bmc, address, port, setFault, stop });
    });
  });
}

const GARBAGE_BYTES_MAX = 80;
const SEALED = 0xc0; // payload type of an encrypted and signed IPMI message

function sendTo(
  socket: Socket,
  withGarbage: boolean,
  answer: Uint8Array,
  to: { address: string; port: number },
): void {
  const send = (bytes: Uint8Array) => {
    try {
      socket.send(Buffer.from(bytes), to.port, to.address, () => undefined);
    } catch {
      // Closed meanwhile: a late answer of a slow BMC.
    }
  };
  if (withGarbage) {
    send(crypto.getRandomValues(new Uint8Array(answer.length % GARBAGE_BYTES_MAX)));
    // Before the session a wrong bit is a wrong password: there is nothing to tell them apart by.
    if (answer[5] === SEALED) send(answer.with(answer.length - 1, (answer.at(-1) ?? 0) ^ 1));
  }
  send(answer);
}
