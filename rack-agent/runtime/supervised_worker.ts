import { DomainError } from "@/shared/errors/domain_error.ts";
import { EventCounter } from "./libc_event.ts";

/** What every Worker tells besides its own messages. */
export type LifeMessage =
  | { readonly kind: "started" }
  /** It could not start, holds nothing, and has ended. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "stopped" };

export interface WorkerDeps<In, Out> {
  readonly open: () => Worker;
  /** The first message; `wakeFd` is what the Worker has to wait on too. */
  readonly startMessage: (wakeFd: number) => In;
  readonly stopMessage: In;
  readonly onMessage: (message: Out) => void;
  /** It runs, for the first time or again: what changed while it did not is to be told. */
  readonly onStarted?: () => void;
  readonly onCrash: (reason: string) => void;
  /** After each start, that of one that could not: it is gone, or about to be. */
  readonly onEnd?: () => void;
}

/** A Worker that broke is replaced after this long. */
const RESTART_MS = 1_000;

/**
 * A Worker that blocks in the kernel, as its owner sees it: woken for each message, and replaced when
 * it breaks. Inside, `CountedMessages` is the other end.
 */
export class SupervisedWorker<In, Out extends { readonly kind: string }> {
  readonly #deps: WorkerDeps<In, Out>;
  #running: { worker: Worker; wake: EventCounter; stopped: () => void } | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;

  constructor(deps: WorkerDeps<In, Out>) {
    this.#deps = deps;
  }

  /** Rejects with a DomainError `unavailable` when the Worker could not start. */
  async start(): Promise<void> {
    if (this.#running) return;
    const wake = new EventCounter();
    const worker = this.#deps.open();
    const started = Promise.withResolvers<void>();
    worker.onmessage = ({ data }: MessageEvent<Out | LifeMessage>) => {
      if (!isLife(data)) this.#deps.onMessage(data);
      else if (data.kind === "started") started.resolve();
      else if (data.kind === "stopped") this.#running?.stopped();
      else started.reject(refusal(data));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      started.reject(new Error(event.message));
      this.replace(event.message);
    };
    worker.postMessage(this.#deps.startMessage(wake.fd));
    try {
      await started.promise;
    } catch (error) {
      worker.terminate();
      wake.close();
      this.#deps.onEnd?.();
      throw error;
    }
    this.#running = { worker, wake, stopped: () => {} };
    this.#deps.onStarted?.();
  }

  /** Nothing happens while it does not run. */
  post(message: In): void {
    this.#running?.worker.postMessage(message);
    this.#running?.wake.add();
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    const running = this.#running;
    if (!running) return;
    const stopped = Promise.withResolvers<void>();
    running.stopped = stopped.resolve;
    this.post(this.#deps.stopMessage);
    await stopped.promise;
    this.#end(running);
  }

  /** Machines must boot: what broke is told, and another one takes over. */
  replace(reason: string): void {
    const running = this.#running;
    if (!running) return;
    running.stopped();
    this.#end(running);
    this.#deps.onCrash(reason);
    this.#startAgain();
  }

  #startAgain(): void {
    this.#restart = setTimeout(() => {
      this.start().catch((error) => {
        this.#deps.onCrash(String(error));
        this.#startAgain();
      });
    }, RESTART_MS);
  }

  #end({ worker, wake }: { worker: Worker; wake: EventCounter }): void {
    this.#running = undefined;
    worker.terminate();
    wake.close();
    this.#deps.onEnd?.();
  }
}

function refusal({ code, message }: { code: string; message: string }): DomainError {
  return new DomainError({ kind: "unavailable", code, message });
}

function isLife<Out extends { readonly kind: string }>(
  message: Out | LifeMessage,
): message is LifeMessage {
  return ["started", "refused", "stopped"].includes(message.kind);
}
