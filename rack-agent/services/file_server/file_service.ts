import type { Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import { SupervisedWorker } from "@/rack-agent/runtime/supervised_worker.ts";
import {
  type Content,
  type FileCounters,
  type FromFileWorker,
  NO_FILE_COUNTERS,
  type ServedFile,
  type ToFileWorker,
} from "./file_messages.ts";

/** Where content comes from. */
export interface ContentSource {
  /**
   * Tells what there is of some content, now and whenever more of it has come, until it is whole or
   * not to be had; fetches it when it is the site's and not here.
   */
  watch(sha256: string, tell: (content: Content) => void): void;
}

export interface FileServiceDeps {
  readonly port: number;
  readonly source: ContentSource;
  readonly log: Log;
  readonly onServed?: (served: ServedFile) => void;
}

/** Sends images and boot files over HTTP; a Worker moves the bytes. */
export class FileService implements Service {
  readonly name = "files over HTTP";
  readonly #deps: FileServiceDeps;
  readonly #worker: SupervisedWorker<ToFileWorker, FromFileWorker>;
  #counters: FileCounters = NO_FILE_COUNTERS;

  constructor(deps: FileServiceDeps) {
    this.#deps = deps;
    this.#worker = new SupervisedWorker<ToFileWorker, FromFileWorker>({
      open: () => new Worker(new URL("./file_worker.ts", import.meta.url), { type: "module" }),
      startMessage: (wakeFd) => ({
        kind: "start",
        wakeFd,
        port: deps.port,
      }),
      stopMessage: { kind: "stop" },
      onMessage: (message) => this.#onMessage(message),
      onCrash: (reason) => deps.log("files.crashed", { reason }),
    });
  }

  /** Rejects when the port cannot be had. */
  async start(): Promise<void> {
    await this.#worker.start();
  }

  /** Connections end at once: who was fetching asks again, with a range if it can. */
  async stop(): Promise<void> {
    await this.#worker.stop();
  }

  /** Lets go of content that has left the cache, so that its space on disk is free. */
  forget(sha256: string): void {
    this.#worker.post({ kind: "content", sha256, content: { kind: "missing" } });
  }

  /** As the Worker last told them, a fraction of a second ago. */
  get counters(): FileCounters {
    return this.#counters;
  }

  #onMessage(message: FromFileWorker): void {
    switch (message.kind) {
      case "want": {
        const { sha256 } = message;
        const tell = (content: Content) => this.#worker.post({ kind: "content", sha256, content });
        return this.#deps.source.watch(sha256, tell);
      }
      case "served":
        return this.#deps.onServed?.(message.served);
      case "counters":
        this.#counters = message.counters;
        return;
    }
  }
}
