import type { FileAnswer } from "@/rack-agent/protocol/http/file_answer.ts";
import { type Moved, receive, sendBytes, sendFile } from "@/rack-agent/runtime/libc_tcp.ts";
import { HEAD_BYTES_MAX } from "@/rack-agent/wire/http/request_head.ts";

/** What is to be sent to a client: a head, then a part of a file. */
export interface Sending {
  readonly path: string;
  readonly head: Uint8Array<ArrayBuffer>;
  /** Undefined: the head is all. */
  readonly body:
    | { readonly sha256: string; readonly first: number; readonly bytes: number }
    | undefined;
  readonly isPersistent: boolean;
  readonly startedMs: number;
}

/** The file of a body as far as it is there. */
export interface Source {
  readonly fd: number;
  readonly readyBytes: number;
}

export type Progress =
  | "sent" // all of it
  | "full" // the client's side has no room
  | "hungry" // the file has no more yet
  | "tired" // others must get their turn
  | "broken";

/** No client gets more in one turn while others wait. */
const TURN_BYTES = 4 * 2 ** 20;
const SENDFILE_BYTES = 2 ** 20;

/** One client's connection: bytes that came and are not understood yet, and what goes out. */
export class Connection {
  readonly fd: number;
  readonly address: number;
  /** Bytes of requests that were not answered yet. */
  waiting = new Uint8Array();
  sending: Sending | undefined;
  /** Of the body, so far. */
  sentBytes = 0;
  /** When it was last seen to move, on a monotonic clock. */
  movedMs: number;
  /** The client sends nothing more. */
  hasEnded = false;
  /** A request waits to hear whether there is what it asks for. */
  isAsking = false;
  #headSentBytes = 0;

  constructor(from: { readonly fd: number; readonly address: number }, nowMs: number) {
    this.fd = from.fd;
    this.address = from.address;
    this.movedMs = nowMs;
  }

  /** Takes what came, up to a head's length; false when the connection is gone. */
  read(scratch: Uint8Array<ArrayBuffer>): boolean {
    while (this.waiting.length < HEAD_BYTES_MAX) {
      const got = receive(this.fd, scratch);
      if (got === "again") return true;
      if (got === "broken") return false;
      if (got === 0) {
        this.hasEnded = true; // it may still read what it asked for
        return this.sending !== undefined || this.waiting.length > 0;
      }
      const joined = new Uint8Array(this.waiting.length + got);
      joined.set(this.waiting);
      joined.set(scratch.subarray(0, got), this.waiting.length);
      this.waiting = joined;
    }
    return true;
  }

  start(sending: Sending): void {
    this.sending = sending;
    this.sentBytes = 0;
    this.#headSentBytes = 0;
  }

  /** Sends on; `source` is the file of the body. */
  send(source: Source | undefined): Progress {
    const { sending } = this;
    if (!sending) return "sent";
    const { head, body } = sending;
    while (this.#headSentBytes < head.length) {
      const rest = head.subarray(this.#headSentBytes);
      const sent = sendBytes(this.fd, rest, body !== undefined && body.bytes > 0);
      if (typeof sent !== "number") return notSent(sent);
      this.#headSentBytes += sent;
    }
    return body ? this.#sendBody(body, source) : "sent";
  }

  #sendBody(body: NonNullable<Sending["body"]>, source: Source | undefined): Progress {
    for (let turnBytes = 0; this.sentBytes < body.bytes;) {
      if (turnBytes >= TURN_BYTES) return "tired";
      const at = body.first + this.sentBytes;
      const readyBytes = Math.min(source?.readyBytes ?? 0, body.first + body.bytes) - at;
      if (!source || readyBytes <= 0) return "hungry";
      const sent = sendFile(this.fd, source.fd, at, Math.min(readyBytes, SENDFILE_BYTES));
      if (typeof sent !== "number") return notSent(sent);
      if (sent === 0) return "broken"; // the file is shorter than it was said to be
      this.sentBytes += sent;
      turnBytes += sent;
    }
    return "sent";
  }
}

function notSent(moved: Exclude<Moved, number>): Progress {
  return moved === "again" ? "full" : "broken";
}

/** The head of an answer as it goes over the wire. */
export function encodeAnswerHead(
  answer: Pick<FileAnswer, "headers"> & { readonly status: number },
  isPersistent: boolean,
): Uint8Array<ArrayBuffer> {
  const lines = [
    `HTTP/1.1 ${answer.status} ${REASONS[answer.status] ?? ""}`,
    ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`),
    `connection: ${isPersistent ? "keep-alive" : "close"}`,
  ];
  return new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n");
}

/** For people who look at the wire; clients go by the number. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  304: "Not Modified",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  416: "Range Not Satisfiable",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};
