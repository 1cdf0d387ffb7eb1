import { isIP } from "node:net";
import { DecodeError } from "../../wire/byte_reader.ts";
import type { IpmiCommand } from "../../wire/ipmi/commands/ipmi_command.ts";
import { SEED_BYTES } from "../../protocol/ipmi/draw.ts";
import { bmcFault, noAnswer, unreadableAnswer } from "../../protocol/ipmi/faults.ts";
import {
  type CheckedLogin,
  checkLogin,
  IPMI_PORT,
  type IpmiLogin,
} from "../../protocol/ipmi/login.ts";
import { startSession, step } from "../../protocol/ipmi/session.ts";
import type { DropCounts, IpmiSession, SessionStep } from "../../protocol/ipmi/session_state.ts";
import type { HostNames } from "./host_names.ts";
import type { Attachment, IpmiSockets } from "./ipmi_sockets.ts";

/** What a connection needs from the world. */
export interface IpmiConnectionDeps {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Bytes from a cryptographic generator. */
  randomBytes(length: number): Uint8Array;
  readonly sockets: IpmiSockets;
  readonly names: HostNames;
}

/** The outcomes a caller waits for. */
type Outcome = Extract<SessionStep, { kind: "ready" | "answered" | "closed" }>;
interface Waiter {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** One IPMI session on a shared socket. Decides nothing: see `protocol/ipmi/session.ts`. */
export class IpmiConnection {
  readonly #login: CheckedLogin;
  readonly #target: { readonly address: string; readonly port: number };
  readonly #deps: IpmiConnectionDeps;
  #attachment: Attachment | undefined;
  #session: IpmiSession | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiter: Waiter | undefined;
  #isClosed = false;
  /** Rejects at the end, for whoever would wait beyond it. */
  readonly #closing = Promise.withResolvers<never>();

  /** DomainError `bmc.login_malformed` when the login cannot be IPMI's. */
  constructor(login: IpmiLogin, deps: IpmiConnectionDeps) {
    this.#login = checkLogin(login);
    this.#target = { address: login.address, port: login.port ?? IPMI_PORT };
    this.#deps = deps;
    this.#closing.promise.catch(() => {});
  }

  /** Datagrams not believed so far, by reason; `foreign` came from another address than the BMC. */
  get dropped(): DropCounts & { readonly foreign?: number } {
    const counts = this.#session?.dropped ?? {};
    const foreign = this.#attachment?.foreign() ?? 0;
    return foreign === 0 ? counts : { ...counts, foreign };
  }

  /** True from the end of `open()` until the session fails or is closed. */
  get isOpen(): boolean {
    return this.#session?.phase.kind === "idle" && !this.#isClosed;
  }

  /** Logs in. DomainErrors: those of `protocol/ipmi/faults.ts`. */
  async open(): Promise<void> {
    await this.#bind();
    const seed = this.#deps.randomBytes(SEED_BYTES);
    await this.#outcomeOf(() => startSession(this.#login, seed, this.#deps.nowMs()));
  }

  /** Runs one command on the open session. */
  async run<Request, Response>(
    command: IpmiCommand<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const { name, netFn, command: code, completionCodes } = command;
    const data = command.encodeRequest(request);
    const asked = { name, netFn, command: code, data, completionCodes };
    const outcome = await this.#outcomeOf((session) =>
      step(session, { kind: "command", request: asked }, this.#deps.nowMs())
    );
    if (outcome.kind !== "answered") throw new Error(`a command ended with ${outcome.kind}`);
    if (outcome.answer.kind === "refused") throw outcome.answer.error;
    try {
      return command.decodeResponse(outcome.answer.data);
    } catch (error) {
      if (error instanceof DecodeError) throw unreadableAnswer(this.#login, name, error);
      throw error;
    }
  }

  /** Ends the session politely when it is idle, at once when it is not. Never rejects. */
  async close(): Promise<void> {
    if (this.isOpen) {
      await this.#outcomeOf((session) => step(session, { kind: "close" }, this.#deps.nowMs()))
        .catch(() => undefined); // the BMC forgets the session by itself
    }
    this.#release();
    this.#waiter?.reject(noAnswer(this.#login, "wait, and the connection was closed"));
    this.#waiter = undefined;
  }

  async #bind(): Promise<void> {
    const peer = await this.#findPeer();
    const attachment = await this.#deps.sockets.attach(peer, (bytes) => this.#receive(bytes));
    this.#attachment = attachment;
    if (!this.#isClosed) return;
    attachment.detach();
    throw noAnswer(this.#login, "open a session");
  }

  async #findPeer() {
    const { address, port } = this.#target;
    const family = isIP(address);
    if (family === 4 || family === 6) return { address, port, family } as const;
    const found = await Promise.race([this.#deps.names.find(address), this.#closing.promise])
      .catch((cause) => {
        const sentence =
          `the name of the BMC at ${this.#login.where} cannot be resolved: check the ` +
          "DNS of the agent's host, or give the BMC by its address";
        throw bmcFault("bmc.no_answer", sentence, cause);
      });
    return { ...found, port };
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#session) return;
    this.#advance(step(this.#session, { kind: "datagram", bytes }, this.#deps.nowMs()));
  }

  #outcomeOf(begin: (session: IpmiSession) => SessionStep): Promise<Outcome> {
    if (this.#waiter) throw new Error("the connection is in use");
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      // Safe: `startSession` ignores the session and every other caller runs after it.
      this.#advance(begin(this.#session as IpmiSession));
    });
  }

  #advance(next: SessionStep): void {
    this.#session = next.session;
    switch (next.kind) {
      case "send":
        this.#send(next.bytes);
        this.#armTimer(next.session.deadlineMs);
        return;
      case "wait":
        this.#armTimer(next.session.deadlineMs);
        return;
      case "failed":
        if (next.farewell) this.#send(next.farewell);
        this.#settle((waiter) => waiter.reject(next.error));
        return;
      case "ready":
      case "answered":
      case "closed":
        this.#settle((waiter) => waiter.resolve(next));
    }
  }

  #settle(how: (waiter: Waiter) => void): void {
    clearTimeout(this.#timer);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter) how(waiter);
  }

  #send(bytes: Uint8Array): void {
    this.#attachment?.send(bytes);
  }

  #armTimer(deadlineMs: number): void {
    clearTimeout(this.#timer);
    if (!Number.isFinite(deadlineMs)) return;
    this.#timer = setTimeout(() => {
      // On a host that stood still the answer may lie there: timers run before sockets are read.
      this.#attachment?.drain();
      if (this.#session && !this.#isClosed) {
        this.#advance(step(this.#session, { kind: "deadline" }, this.#deps.nowMs()));
      }
    }, Math.max(0, Math.ceil(deadlineMs - this.#deps.nowMs())));
  }

  #release(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#closing.reject(new Error("the connection was closed"));
    clearTimeout(this.#timer);
    this.#attachment?.detach();
  }
}
