import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import { RareLog } from "@/rack-agent/runtime/rare_log.ts";
import type { LifeMessage } from "@/rack-agent/runtime/supervised_worker.ts";
import { CountedMessages, workerScope } from "@/rack-agent/runtime/worker_scope.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { TftpEngine } from "./tftp_engine.ts";
import { TftpLoop } from "./tftp_loop.ts";
import type { FromWorker, ToWorker } from "./tftp_messages.ts";

/**
 * The thread that moves TFTP's packets, so that neither waits for the other: it blocks in the
 * kernel, which the thread that speaks HTTP and decides must never do.
 */

/** Counters are told this often, and addresses that could not be had are tried again. */
const HOUSEKEEPING_MS = 250;

const scope = workerScope<ToWorker, FromWorker | LifeMessage>();
const tell = (message: FromWorker | LifeMessage) => scope.postMessage(message);
const nowMs = () => performance.now();

scope.onmessage = ({ data }) => {
  if (data.kind === "start") void run(data);
};

async function run(start: Extract<ToWorker, { kind: "start" }>): Promise<void> {
  const rareLog = new RareLog((event, fields = {}) => tell({ kind: "log", event, fields }), nowMs);
  const engine = new TftpEngine({
    port: start.port,
    transferPorts: start.transferPorts,
    nowMs,
    onRequest: (requestId, request) => tell({ kind: "request", requestId, request }),
    onServed: (served) => tell({ kind: "served", served }),
    onDropped: (reason, fields) => rareLog.write(reason, fields),
  });
  try {
    engine.listenOn(start.addresses);
  } catch (error) {
    engine.close();
    const code = error instanceof DomainError ? error.code : "tftp.refused";
    tell({ kind: "refused", code, message: errorText(error) });
    return scope.close();
  }
  tell({ kind: "started" });
  try {
    await serve(engine, { ...start, rareLog });
  } finally {
    engine.close(); // descriptors are the whole process's: they would outlive this thread
  }
  tell({ kind: "counters", counters: engine.counters });
  tell({ kind: "stopped" });
  scope.close();
}

async function serve(
  engine: TftpEngine,
  { wakeFd, addresses, rareLog }: {
    wakeFd: number;
    addresses: readonly Ipv4[];
    rareLog: RareLog;
  },
): Promise<void> {
  const wake = new EventCounter(wakeFd);
  const loop = new TftpLoop({ engine, wakeFd, nowMs });
  const messages = new CountedMessages(scope);
  let wanted = addresses;
  let told = "";
  for (let housekeepingMs = 0;;) {
    const arrived = loop.turn() ? await messages.take(wake.take()) : [];
    for (const message of arrived) {
      if (message.kind === "stop") return;
      if (message.kind === "answer") engine.answer(message.requestId, message.answer);
      if (message.kind === "addresses") wanted = message.addresses;
    }
    const isDue = nowMs() >= housekeepingMs || arrived.some(({ kind }) => kind === "addresses");
    if (!isDue) continue;
    housekeepingMs = nowMs() + HOUSEKEEPING_MS;
    follow(engine, wanted, rareLog);
    loop.followSockets();
    const counters = JSON.stringify(engine.counters);
    if (counters !== told) tell({ kind: "counters", counters: engine.counters });
    told = counters;
  }
}

function follow(engine: TftpEngine, addresses: readonly Ipv4[], rareLog: RareLog): void {
  try {
    engine.listenOn(addresses);
  } catch (cause) {
    rareLog.write("tftp.address_unavailable", { cause: errorText(cause) });
  }
}
