import { answerFile } from "@/rack-agent/protocol/http/file_answer.ts";
import { closeFd, EdgePoller, openFile, TcpListener } from "@/rack-agent/runtime/libc_tcp.ts";
import { fixedBuffer } from "@/rack-agent/runtime/libc.ts";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import {
  decodeRequestHead,
  HEAD_BYTES_MAX,
  headBytes,
  type RequestHead,
} from "@/rack-agent/wire/http/request_head.ts";
import { ipv4FromNumber } from "@/shared/net/ipv4.ts";
import { Connection, encodeAnswerHead } from "./connection.ts";
import type { Content, FileCounters, ServedFile } from "./file_messages.ts";

export interface FileEngineDeps {
  readonly port: number;
  readonly wakeFd: number;
  readonly nowMs: () => number;
  /** Somebody waits for content; `tell` is to be called with what there is of it. */
  readonly onWanted: (sha256: string) => void;
  readonly onServed: (served: ServedFile) => void;
}

interface KnownFile {
  content: Content;
  /** Open while `content` is here. */
  fd: number | undefined;
  readonly users: Set<Connection>;
  /** Requests that wait to hear what there is. */
  readonly asking: Map<Connection, RequestHead>;
}

const CONNECTIONS_MAX = 4_096;
const CONNECTIONS_PER_ADDRESS_MAX = 512;
const EVENTS_MAX = 256;
/** A client that takes nothing for so long is gone; slow ones cost a descriptor and no memory. */
const STALLED_MS = 60_000;
/** A request's head comes at once, or somebody is playing. */
const HEAD_MS = 10_000;
const IDLE_FILES_MAX = 64;

/** The connections, the files they read, and one turn of serving them. */
export class FileEngine {
  readonly #deps: FileEngineDeps;
  readonly #listener: TcpListener;
  readonly #poller = new EdgePoller(EVENTS_MAX);
  readonly #connections = new Map<number, Connection>();
  readonly #perAddress = new Map<number, number>();
  readonly #files = new Map<string, KnownFile>();
  readonly #scratch = fixedBuffer(HEAD_BYTES_MAX);
  /** Those that had their turn and are not done. */
  #tired = new Set<Connection>();
  readonly #counters = { requests: 0, bytes: 0, refused: {} as Record<string, number> };

  /** Throws DomainError `unavailable`, holding nothing. */
  constructor(deps: FileEngineDeps) {
    this.#deps = deps;
    try {
      this.#listener = new TcpListener(deps.port);
    } catch (error) {
      this.#poller.close();
      throw error;
    }
    this.#poller.add(this.#listener.fd, false);
    this.#poller.add(deps.wakeFd, false);
  }

  get counters(): FileCounters {
    const { requests, bytes, refused } = this.#counters;
    return { requests, bytes, refused: { ...refused }, connections: this.#connections.size };
  }

  /** Waits once and serves whoever can be served; whether somebody woke it. */
  turn(maxWaitMs: number): boolean {
    let isWoken = false;
    this.#poller.wait(this.#tired.size > 0 ? 0 : maxWaitMs, (fd) => {
      if (fd === this.#deps.wakeFd) isWoken = true;
      else if (fd === this.#listener.fd) this.#accept();
      else this.#onReady(fd);
    });
    const again = this.#tired;
    this.#tired = new Set();
    for (const connection of again) this.#goOn(connection);
    return isWoken;
  }

  /** What there is of content now; those who wait for it go on. */
  tell(sha256: string, content: Content): void {
    const file = this.#files.get(sha256);
    // What left the cache goes on to those who have begun: the open file is still whole.
    if (!file || (content.kind === "missing" && file.users.size > 0)) return;
    if (content.kind === "here" && file.fd === undefined) file.fd = openFile(content.path);
    file.content = file.fd === undefined && content.kind === "here"
      ? { kind: "unavailable" }
      : content;
    for (const [connection, head] of [...file.asking]) {
      file.asking.delete(connection);
      connection.isAsking = false;
      this.#answer(connection, sha256, head);
      this.#goOn(connection);
    }
    for (const connection of [...file.users]) this.#goOn(connection);
    if (content.kind !== "here") this.#forget(sha256, file);
  }

  /** Ends connections on which nothing has moved for too long. */
  endStalled(): void {
    const nowMs = this.#deps.nowMs();
    for (const connection of this.#connections.values()) {
      const isInHead = connection.waiting.length > 0 && !connection.sending;
      if (connection.isAsking || nowMs - connection.movedMs < (isInHead ? HEAD_MS : STALLED_MS)) {
        continue;
      }
      if (connection.sending || isInHead) this.#count("http.too_slow");
      this.#end(connection);
    }
  }

  close(): void {
    for (const connection of this.#connections.values()) this.#end(connection);
    for (const { fd } of this.#files.values()) if (fd !== undefined) closeFd(fd);
    closeFd(this.#listener.fd);
    this.#poller.close();
  }

  #accept(): void {
    for (;;) {
      const accepted = this.#listener.accept();
      if (!accepted) return;
      const theirs = this.#perAddress.get(accepted.address) ?? 0;
      if (
        this.#connections.size >= CONNECTIONS_MAX || theirs >= CONNECTIONS_PER_ADDRESS_MAX
      ) {
        this.#count("http.too_many_connections");
        closeFd(accepted.fd);
        continue;
      }
      this.#perAddress.set(accepted.address, theirs + 1);
      this.#connections.set(accepted.fd, new Connection(accepted, this.#deps.nowMs()));
      this.#poller.add(accepted.fd);
    }
  }

  #onReady(fd: number): void {
    const connection = this.#connections.get(fd);
    if (!connection) return;
    if (!connection.read(this.#scratch)) return this.#end(connection);
    this.#goOn(connection);
  }

  /** Sends what is to be sent, then answers what was asked meanwhile. */
  #goOn(connection: Connection): void {
    while (this.#connections.get(connection.fd) === connection) {
      if (connection.sending) {
        if (!this.#send(connection)) return;
      } else if (!this.#takeRequest(connection)) return;
    }
  }

  /** Whether the answer is out, and the next may begin. */
  #send(connection: Connection): boolean {
    const { sending, sentBytes } = connection;
    if (!sending) return true;
    const file = sending.body && this.#files.get(sending.body.sha256);
    const { content, fd } = file ?? {};
    const source = content?.kind === "here" && fd !== undefined
      ? { fd, readyBytes: content.readyBytes }
      : undefined;
    if (sending.body && !source) {
      this.#end(connection); // what it was promised turned out to be something else
      return false;
    }
    const progress = connection.send(source);
    this.#counters.bytes += connection.sentBytes - sentBytes;
    if (connection.sentBytes > sentBytes || progress === "sent" || progress === "hungry") {
      connection.movedMs = this.#deps.nowMs();
    }
    if (progress === "tired") this.#tired.add(connection);
    if (progress === "broken") this.#end(connection);
    if (progress !== "sent") return false;
    this.#finish(connection);
    if (!sending.isPersistent) this.#end(connection);
    return true;
  }

  /** Begins to answer the next whole request; false when there is none. */
  #takeRequest(connection: Connection): boolean {
    if (connection.isAsking) return false; // answers go out in the order of the requests
    const length = headBytes(connection.waiting);
    if (length === undefined) {
      if (connection.waiting.length >= HEAD_BYTES_MAX) {
        this.#refuse(connection, 431, "http.head_too_long");
        return true;
      }
      if (connection.hasEnded) this.#end(connection);
      return false;
    }
    this.#counters.requests++;
    const bytes = connection.waiting.subarray(0, length);
    connection.waiting = connection.waiting.slice(length);
    connection.read(this.#scratch); // there was no room for it before
    connection.movedMs = this.#deps.nowMs();
    try {
      return this.#route(connection, decodeRequestHead(bytes));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuse(connection, 400, "http.malformed");
      return true;
    }
  }

  /** False when the answer has to wait. */
  #route(connection: Connection, head: RequestHead): boolean {
    const hasBody = (head.headers.get("content-length") ?? "0") !== "0" ||
      head.headers.has("transfer-encoding");
    const isRead = head.method === "GET" || head.method === "HEAD";
    if (!isRead || hasBody) {
      this.#refuse(connection, isRead ? 400 : 405, "http.method_refused");
      return true;
    }
    const sha256 = /^\/images\/([0-9a-f]{64})(?:\/[\w.-]{1,100})?$/.exec(head.path)?.[1];
    if (sha256 === undefined) {
      this.#refuse(connection, 404, "http.not_found", head.isPersistent);
      return true;
    }
    const known = this.#files.get(sha256);
    if (known?.content.kind === "here") {
      this.#answer(connection, sha256, head);
      return true;
    }
    const file = known ?? this.#expect(sha256);
    file.asking.set(connection, head);
    connection.isAsking = true;
    return false;
  }

  #expect(sha256: string): KnownFile {
    const content: Content = { kind: "missing" };
    const file = { content, fd: undefined, users: new Set<Connection>(), asking: new Map() };
    this.#files.set(sha256, file);
    this.#deps.onWanted(sha256);
    return file;
  }

  #answer(connection: Connection, sha256: string, head: RequestHead): void {
    const file = this.#files.get(sha256);
    if (file?.content.kind !== "here") {
      const isMissing = file?.content.kind !== "unavailable";
      const status = isMissing ? 404 : 503;
      const reason = isMissing ? "http.not_found" : "http.unavailable";
      return this.#refuse(connection, status, reason, head.isPersistent);
    }
    const header = (name: string) => head.headers.get(name) ?? null;
    const answer = answerFile({
      ifNoneMatch: header("if-none-match"),
      ifRange: header("if-range"),
      range: header("range"),
    }, { bytes: file.content.bytes, etag: sha256 });
    const { first, bytes } = answer;
    const hasBody = head.method === "GET" && bytes > 0;
    if (hasBody) file.users.add(connection);
    connection.start({
      path: head.path,
      head: encodeAnswerHead(answer, head.isPersistent),
      body: hasBody ? { sha256, first, bytes } : undefined,
      isPersistent: head.isPersistent,
      startedMs: this.#deps.nowMs(),
    });
  }

  #refuse(connection: Connection, status: number, reason: string, isPersistent = false): void {
    this.#count(reason);
    const answer = { status, headers: { "content-length": "0" } };
    connection.start({
      path: "",
      head: encodeAnswerHead(answer, isPersistent),
      body: undefined,
      isPersistent,
      startedMs: this.#deps.nowMs(),
    });
  }

  /** The answer is over: sent, or given up. */
  #finish(connection: Connection): void {
    const { sending, sentBytes } = connection;
    connection.sending = undefined;
    if (!sending?.body) return;
    this.#release(sending.body.sha256, connection);
    this.#deps.onServed({
      path: sending.path,
      ipv4: ipv4FromNumber(connection.address),
      bytes: sentBytes,
      durationMs: this.#deps.nowMs() - sending.startedMs,
    });
  }

  #end(connection: Connection): void {
    if (this.#connections.get(connection.fd) !== connection) return;
    this.#finish(connection);
    if (connection.isAsking) {
      for (const file of this.#files.values()) file.asking.delete(connection);
    }
    this.#connections.delete(connection.fd);
    this.#tired.delete(connection);
    const theirs = (this.#perAddress.get(connection.address) ?? 1) - 1;
    if (theirs > 0) this.#perAddress.set(connection.address, theirs);
    else this.#perAddress.delete(connection.address);
    closeFd(connection.fd);
  }

  #release(sha256: string, connection: Connection): void {
    const file = this.#files.get(sha256);
    file?.users.delete(connection);
    if (this.#files.size <= IDLE_FILES_MAX) return;
    for (const [name, { users, asking }] of this.#files) {
      if (users.size + asking.size > 0) continue;
      const idle = this.#files.get(name);
      if (idle) return this.#forget(name, idle);
    }
  }

  #forget(sha256: string, file: KnownFile): void {
    if (file.fd !== undefined) closeFd(file.fd);
    this.#files.delete(sha256);
  }

  #count(reason: string): void {
    this.#counters.refused[reason] = (this.#counters.refused[reason] ?? 0) + 1;
  }
}
