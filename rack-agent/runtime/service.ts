/** One thing the agent runs: it owns its sockets and timers, and nothing else does. */
export interface Service {
  readonly name: string;
  /** Resolves once requests are answered; rejects, holding nothing, if they cannot be. */
  start(): Promise<void>;
  /** Refuses new work, finishes work in hand, releases sockets. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts services in order; if one fails, stops those already started, newest first. */
export async function startAll(services: readonly Service[]): Promise<void> {
  const started: Service[] = [];
  for (const service of services) {
    try {
      await service.start();
      started.push(service);
    } catch (cause) {
      await stopAll(started);
      throw new Error(`${service.name} did not start`, { cause });
    }
  }
}

/** Stops services, newest first; one that fails to stop does not keep the others running. */
export async function stopAll(services: readonly Service[]): Promise<void> {
  for (const service of services.toReversed()) {
    await service.stop().catch((error) => console.error(`${service.name} did not stop`, error));
  }
}
