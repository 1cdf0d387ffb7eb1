import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { Buffer } from "node:buffer";
import { DomainError, type DomainErrorKind } from "@/shared/errors/domain_error.ts";

/** Who is at the other end, and how it proves to be. */
export interface ExchangePeer {
  /** `https://10.0.0.9`, `http://host:8080`: where every request goes. */
  readonly origin: string;
  /** For messages: "the BMC at 10.0.0.9". */
  readonly name: string;
  /** SHA-256 of its certificate, 64 hex digits in lower case. */
  readonly certificateSha256?: string;
  /** Without a fingerprint: `any` certificate will do and is told, or one of a known `authority`. */
  readonly trust: "any" | "authority";
}

export interface ExchangeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export interface ExchangeLimits {
  readonly connectMs: number;
  /** From the first byte sent to the last byte of the answer. */
  readonly totalMs: number;
  readonly bodyBytes: number;
}

/** A slow BMC takes some seconds for its own system; the largest of such answers are some 300 kB. */
export const EXCHANGE_LIMITS: ExchangeLimits = {
  connectMs: 10_000,
  totalMs: 30_000,
  bodyBytes: 4 * 1024 * 1024,
};

/**
 * HTTP with one peer over one kept connection, with bounds on time and size.
 *
 * The certificate is held against its fingerprint before anything is sent, so that no password reaches
 * a stranger. Redirections are answers like others. Errors are DomainErrors whose code begins with `bmc.`.
 */
export class BoundedExchange {
  readonly #peer: ExchangePeer;
  readonly #limits: ExchangeLimits;
  #agent: HttpAgent;
  readonly #ended = new AbortController();
  #seenSha256: string | undefined;

  constructor(peer: ExchangePeer, limits = EXCHANGE_LIMITS) {
    this.#peer = peer;
    this.#limits = limits;
    this.#agent = this.#newAgent();
  }

  /** SHA-256 of the certificate that the peer showed last; undefined before that, and without TLS. */
  get seenSha256(): string | undefined {
    return this.#seenSha256;
  }

  /** One request and its whole answer. */
  async send(request: ExchangeRequest, signal?: AbortSignal): Promise<ExchangeAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ExchangeAnswer>();
    const { call, answered } = this.#open(request, reject);
    answered.then((message) => this.#collect(message)).then(resolve, reject);
    return await this.#bounded(promise, { call, reject, signal });
  }

  /** The text of an answer without an end, piece by piece, until the peer or `signal` ends it. */
  async stream(
    request: ExchangeRequest,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { call, answered } = this.#open(request, reject);
    const begun = answered.then((message) => {
      if (message.statusCode !== 200) throw noStream(this.#peer, message.statusCode);
      message.setEncoding("utf8");
      message.on("data", onText);
      message.on("end", resolve);
      message.on("error", () => resolve());
    });
    const endIt = () => {
      resolve();
      this.#renewAgent(call);
    };
    signal.addEventListener("abort", endIt, { once: true });
    try {
      await this.#bounded(Promise.race([begun, promise]), { call, reject, signal });
      await promise;
    } finally {
      signal.removeEventListener("abort", endIt);
      this.#renewAgent(call);
    }
  }

  /** The outcome, or what ended the wait for it: the time limit, `close`, or `signal`. */
  async #bounded<T>(
    outcome: Promise<T>,
    of: { call: Call; reject: (error: unknown) => void; signal: AbortSignal | undefined },
  ): Promise<T> {
    const timer = setTimeout(
      () => of.reject(tooSlow(this.#peer, this.#limits)),
      this.#limits.totalMs,
    );
    const onAbort = () => of.reject(cancelled(this.#peer));
    const signals = [this.#ended.signal, ...(of.signal ? [of.signal] : [])];
    for (const each of signals) each.addEventListener("abort", onAbort, { once: true });
    if (signals.some(({ aborted }) => aborted)) onAbort();
    try {
      return await outcome;
    } catch (error) {
      this.#renewAgent(of.call); // what is left of the answer must not be taken for the next one
      throw error;
    } finally {
      clearTimeout(timer);
      for (const each of signals) each.removeEventListener("abort", onAbort);
    }
  }

  #renewAgent(call: Call): void {
    call.destroy();
    this.#agent.destroy();
    this.#agent = this.#newAgent();
  }

  #newAgent(): HttpAgent {
    return isTls(this.#peer) ? this.#pinningAgent() : new HttpAgent(KEPT);
  }

  /** Ends what is under way and closes the connection. Safe to call twice. */
  close(): void {
    this.#ended.abort();
    this.#agent.destroy();
  }

  #open(request: ExchangeRequest, reject: (error: unknown) => void) {
    const answered = Promise.withResolvers<Message>();
    const url = new URL(request.path, this.#peer.origin);
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    const send = isTls(this.#peer) ? httpsRequest : httpRequest;
    const call = send(url, {
      method: request.method,
      agent: this.#agent,
      headers: {
        ...request.headers,
        ...(body ? { "content-length": String(body.length) } : {}),
      },
    }, answered.resolve);
    call.on("error", (error: Error) => reject(explain(this.#peer, error)));
    call.end(body);
    return { call, answered: answered.promise };
  }

  async #collect(message: Message): Promise<ExchangeAnswer> {
    const { bodyBytes } = this.#limits;
    const announced = Number(message.headers["content-length"] ?? 0);
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    try {
      if (announced > bodyBytes) throw tooLarge(this.#peer, this.#limits);
      for await (const piece of message) {
        bytes += piece.length;
        if (bytes > bodyBytes) throw tooLarge(this.#peer, this.#limits);
        pieces.push(piece);
      }
    } catch (error) {
      message.destroy();
      throw explain(this.#peer, error);
    }
    const headers = Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, [value].flat()[0]]),
    );
    const text = new TextDecoder().decode(Buffer.concat(pieces));
    return { status: message.statusCode ?? 0, headers, text };
  }

  /** node:https cannot pin by itself: the socket is checked before a request gets it. */
  #pinningAgent(): HttpsAgent {
    const agent = new HttpsAgent(KEPT);
    const open = (_: unknown, done: (error: Error | null, socket?: TLSSocket) => void) => {
      const { hostname, port } = new URL(this.#peer.origin);
      const isChecked = this.#peer.trust === "authority" && !this.#peer.certificateSha256;
      const socket = tlsConnect({
        host: hostname,
        port: Number(port || 443),
        rejectUnauthorized: isChecked,
        ...(/^[\d.]+$/.test(hostname) ? {} : { servername: hostname }),
      });
      const timer = setTimeout(
        () => socket.destroy(noAnswer(this.#peer, "nothing came back")),
        this.#limits.connectMs,
      );
      socket.once("secureConnect", () => {
        clearTimeout(timer);
        socket.setNoDelay(true); // head and body of a request are two writes
        const error = this.#checkCertificate(socket);
        if (error) socket.destroy();
        done(error ?? null, error ? undefined : socket);
      });
      socket.once("error", (error: Error) => {
        clearTimeout(timer);
        done(error);
      });
    };
    // The type wants a socket at once; what is given later goes through `done`.
    agent.createConnection = open as unknown as typeof agent.createConnection;
    return agent;
  }

  #checkCertificate(socket: TLSSocket): DomainError | undefined {
    const { fingerprint256 = "" } = socket.getPeerCertificate();
    const seen = fingerprint256.replaceAll(":", "").toLowerCase();
    const { certificateSha256: wanted } = this.#peer;
    this.#seenSha256 = seen;
    return wanted === undefined || wanted.toLowerCase() === seen
      ? undefined
      : certificateChanged(this.#peer, { wanted, seen });
  }
}

const KEPT = { keepAlive: true, maxSockets: 1 } as const;

type Call = ReturnType<typeof httpRequest>;
type Message = Parameters<NonNullable<Parameters<typeof httpRequest>[2]>>[0];

function isTls({ origin }: ExchangePeer): boolean {
  return origin.startsWith("https:");
}

function fault(kind: DomainErrorKind, code: string, message: string, cause?: unknown): DomainError {
  return new DomainError({ kind, code, message, cause });
}

function noAnswer({ name }: ExchangePeer, why: string, cause?: unknown): DomainError {
  const hint =
    "check its power and network cable, its address, and that nothing blocks TCP on the way";
  return fault("unavailable", "bmc.no_answer", `${name} does not answer: ${why}; ${hint}`, cause);
}

function tooSlow({ name }: ExchangePeer, { totalMs }: ExchangeLimits): DomainError {
  const message = `${name} took longer than ${
    totalMs / 1000
  } s for an answer; if this stays so, reset it`;
  return fault("unavailable", "bmc.answer_too_slow", message);
}

function tooLarge({ name }: ExchangePeer, { bodyBytes }: ExchangeLimits): DomainError {
  const message =
    `${name} sends an answer of more than ${bodyBytes / 2 ** 20} MiB, which no BMC has ` +
    "reason to; check the address, or update its firmware";
  return fault("unavailable", "bmc.answer_too_large", message);
}

function noStream({ name }: ExchangePeer, status: number | undefined): DomainError {
  return fault("conflict", "bmc.not_offered", `${name} streams no events (HTTP status ${status})`);
}

function cancelled({ name }: ExchangePeer): DomainError {
  return fault(
    "unavailable",
    "bmc.no_answer",
    `${name} was not waited for: the connection was closed`,
  );
}

function certificateChanged(
  { name }: ExchangePeer,
  { wanted, seen }: { wanted: string; seen: string },
): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "bmc.certificate_changed",
    value: seen,
    accepted: wanted.toLowerCase(),
    message: `the certificate of ${name} changed: it shows SHA-256 ${seen}, not ` +
      `${wanted.toLowerCase()}; nothing was sent. If its certificate was replaced, accept the new one ` +
      "(accept-bmc-certificate); if nobody did, somebody is between this site's agent and it",
  });
}

/** Connection errors in words. */
function explain(peer: ExchangePeer, error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  const { code = "", message } = error as { code?: string; message: string };
  if (code === "ECONNREFUSED") return noAnswer(peer, "it refuses the connection", error);
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return noAnswer(peer, "its name cannot be resolved", error);
  }
  if (/certificate|UnknownIssuer/i.test(`${code} ${message}`)) {
    return fault(
      "invalid_input",
      "bmc.certificate_unknown",
      `${peer.name} shows a certificate that this host does not trust; give its SHA-256 fingerprint`,
      error,
    );
  }
  if (/tls|ssl|handshake|protocolversion|invalidmessage|corrupt/i.test(`${code} ${message}`)) {
    return fault(
      "invalid_input",
      "bmc.tls_refused",
      `${peer.name} and this agent find no common TLS version (1.2 or 1.3 with forward secrecy); ` +
        "update its firmware, or choose IPMI",
      error,
    );
  }
  return noAnswer(peer, "the connection broke off", error);
}
