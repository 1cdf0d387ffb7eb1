/** The side of a Worker that its own code sees; `In` and `Out` are the messages to it and from it. */
export interface WorkerScope<In, Out> {
  onmessage: ((event: MessageEvent<In>) => void) | null;
  /** What is in `transfer` is handed over, and gone here. */
  postMessage(message: Out, transfer?: Transferable[]): void;
  close(): void;
}

/** The global scope of the Worker that calls this. */
export function workerScope<In, Out>(): WorkerScope<In, Out> {
  // Deno types the global scope as the main thread's; in a Worker it is this.
  return globalThis as unknown as WorkerScope<In, Out>;
}

/**
 * Messages to a Worker that blocks in the kernel, where none arrives meanwhile.
 *
 * Whoever sends one adds one to an `EventCounter`, which wakes the Worker; it then waits here until
 * as many messages have come as were announced.
 */
export class CountedMessages<In> {
  #announced = 0;
  #taken = 0;
  #waiting: In[] = [];
  #arrived = Promise.withResolvers<void>();

  /** Takes over the scope's messages from now on. */
  constructor(scope: Pick<WorkerScope<In, never>, "onmessage">) {
    scope.onmessage = ({ data }) => {
      this.#waiting.push(data);
      this.#arrived.resolve();
    };
  }

  /** Resolves with what has arrived once so many more have. */
  async take(count: number): Promise<In[]> {
    this.#announced += count;
    while (this.#taken + this.#waiting.length < this.#announced) {
      this.#arrived = Promise.withResolvers();
      await this.#arrived.promise;
    }
    const taken = this.#waiting.splice(0);
    this.#taken += taken.length;
    return taken;
  }
}
