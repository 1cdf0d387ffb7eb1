/** Runs `work` every `periodMs`, never twice at once, until stopped; stopping waits for its end. */
export function repeat(
  periodMs: number,
  work: () => Promise<void>,
): { stop(): Promise<void> } {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> = Promise.resolve();
  const arm = () => {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = work().finally(arm);
    }, periodMs);
  };
  arm();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
