import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import type { LifeMessage } from "@/rack-agent/runtime/supervised_worker.ts";
import { CountedMessages, workerScope } from "@/rack-agent/runtime/worker_scope.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { FileEngine } from "./file_engine.ts";
import type { FromFileWorker, ToFileWorker } from "./file_messages.ts";

/** The thread that sends files: it blocks in the kernel, and waits for no disk but its own. */

/** Counters are told this often, and stalled connections ended. */
const HOUSEKEEPING_MS = 250;

const scope = workerScope<ToFileWorker, FromFileWorker | LifeMessage>();
const tell = (message: FromFileWorker | LifeMessage) => scope.postMessage(message);
const nowMs = () => performance.now();

scope.onmessage = ({ data }) => {
  if (data.kind === "start") void run(data);
};

async function run(start: Extract<ToFileWorker, { kind: "start" }>): Promise<void> {
  let engine: FileEngine;
  try {
    engine = new FileEngine({
      port: start.port,
      wakeFd: start.wakeFd,
      nowMs,
      onWanted: (sha256) => tell({ kind: "want", sha256 }),
      onServed: (served) => tell({ kind: "served", served }),
    });
  } catch (error) {
    const code = error instanceof DomainError ? error.code : "http.refused_to_start";
    tell({ kind: "refused", code, message: errorText(error) });
    return scope.close();
  }
  tell({ kind: "started" });
  try {
    await serve(engine, new EventCounter(start.wakeFd));
  } finally {
    engine.close(); // descriptors are the whole process's: they would outlive this thread
  }
  tell({ kind: "counters", counters: engine.counters });
  tell({ kind: "stopped" });
  scope.close();
}

async function serve(engine: FileEngine, wake: EventCounter): Promise<void> {
  const messages = new CountedMessages(scope);
  let told = "";
  for (let housekeepingMs = 0;;) {
    const arrived = engine.turn(HOUSEKEEPING_MS) ? await messages.take(wake.take()) : [];
    for (const message of arrived) {
      if (message.kind === "stop") return;
      if (message.kind === "content") engine.tell(message.sha256, message.content);
    }
    if (nowMs() < housekeepingMs) continue;
    housekeepingMs = nowMs() + HOUSEKEEPING_MS;
    engine.endStalled();
    const counters = JSON.stringify(engine.counters);
    if (counters !== told) tell({ kind: "counters", counters: engine.counters });
    told = counters;
  }
}
