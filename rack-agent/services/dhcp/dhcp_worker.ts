import { httpBootPolicy } from "@/rack-agent/protocol/dhcp/boot_options.ts";
import { parseLeaseChange } from "@/rack-agent/protocol/dhcp/lease.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { isWorthMerging, readLeaseFiles } from "@/rack-agent/runtime/lease_files.ts";
import { LeaseRing } from "@/rack-agent/runtime/lease_ring.ts";
import { EventCounter } from "@/rack-agent/runtime/libc_event.ts";
import { errorText } from "@/rack-agent/runtime/log.ts";
import type { LifeMessage } from "@/rack-agent/runtime/supervised_worker.ts";
import { CountedMessages, workerScope } from "@/rack-agent/runtime/worker_scope.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";
import { DhcpEngine } from "./dhcp_engine.ts";
import type { FromDhcpWorker, ToDhcpWorker } from "./dhcp_messages.ts";
import { LinuxDhcpTransport } from "./dhcp_transport.ts";
import { buffersOf, LeaseColumns, type PackedLeases } from "./lease_columns.ts";

/**
 * The thread that answers machines. It blocks in the kernel and never touches the disk: another
 * one, its own, does that, and wakes it when leases are stored.
 */

const HOUSEKEEPING_MS = 1_000;
/** Replies that wait for the disk at the end are waited for this long. */
const STOP_MS = 2_000;
/** A disk that takes longer to make a file is none to promise leases on. */
const STORE_MS = 30_000;

type Start = Extract<ToDhcpWorker, { kind: "start" }>;
const scope = workerScope<ToDhcpWorker, FromDhcpWorker | LifeMessage>();
const tell = (message: FromDhcpWorker | LifeMessage) => scope.postMessage(message);
const log = (event: string, fields: Record<string, unknown> = {}) =>
  tell({ kind: "log", event, fields });

scope.onmessage = ({ data }) => {
  if (data.kind === "start") void run(data);
};

async function run(start: Start): Promise<void> {
  const { journal: { basePath, segment, ring: shared, committedFd }, wakeFd } = start;
  const committed = new EventCounter(committedFd);
  const transport = new LinuxDhcpTransport([wakeFd, committedFd]);
  try {
    const ring = new LeaseRing(shared);
    const engine = engineOn(transport, ring, start);
    const { damagedLines } = readLeaseFiles(basePath, {
      parse: parseLeaseChange,
      onRecord: (change) => engine.restore(change),
      beforeSegment: segment,
    });
    if (damagedLines > 0) log("dhcp.lease_log_damaged", { path: basePath, damagedLines });
    engine.configure(start.config);
    ring.waitForStore(STORE_MS);
    engine.keepHouse(); // throws when there can be no sockets
    const leases = packed(engine);
    scope.postMessage({ kind: "leases", leases }, buffersOf(leases));
    tell({ kind: "started" });
    // Not before: merging would take the time of whoever waits for the first answer.
    if (isWorthMerging(basePath, segment - 1)) {
      tell({ kind: "segment_closed", segment: segment - 1 });
    }
    await serve({ engine, transport, committed, wakeFd });
    ring.end();
    ring.waitForStoreEnd(STOP_MS);
    tell({ kind: "counters", counters: engine.counters });
  } catch (error) {
    const code = error instanceof DomainError ? error.code : "dhcp.refused";
    tell({ kind: "refused", code, message: errorText(error) });
    throw error; // once it serves, its owner starts another
  } finally {
    transport.close(); // descriptors are the whole process's: they would outlive this thread
  }
  tell({ kind: "stopped" });
  scope.close();
}

function packed(engine: DhcpEngine): PackedLeases {
  let count = 0;
  for (const _ of engine.leases()) count += 1;
  const columns = new LeaseColumns(count);
  for (const lease of engine.leases()) columns.write(columns.length, lease);
  return columns.pack();
}

function engineOn(transport: LinuxDhcpTransport, ring: LeaseRing, { httpPort }: Start): DhcpEngine {
  return new DhcpEngine({
    transport,
    ring,
    boot: httpBootPolicy(httpPort),
    clock: systemClock,
    log,
    tell: (events) => tell({ kind: "events", json: JSON.stringify(events) }),
    macOfInterface,
  });
}

async function serve({ engine, transport, committed, wakeFd }: {
  engine: DhcpEngine;
  transport: LinuxDhcpTransport;
  committed: EventCounter;
  wakeFd: number;
}): Promise<void> {
  const wake = new EventCounter(wakeFd);
  const messages = new CountedMessages(scope);
  for (let housekeepingMs = 0;;) {
    const [isWoken, isCommitted] = transport.wait(engine.idleMs(HOUSEKEEPING_MS));
    if (isCommitted) committed.take();
    // Before the packets: what is told takes effect with the next one.
    const arrived = isWoken ? await messages.take(wake.take()) : [];
    for (const message of arrived) obey(engine, message);
    engine.turn();
    if (arrived.some(({ kind }) => kind === "stop")) return await drain(engine, transport);
    const hasConfig = arrived.some(({ kind }) => kind === "config");
    if (!hasConfig && systemClock.monoMs() < housekeepingMs) continue;
    housekeepingMs = systemClock.monoMs() + HOUSEKEEPING_MS;
    engine.keepHouse();
    tell({ kind: "counters", counters: engine.counters });
    await aMoment(); // for the errors of the other thread, which nobody hears while this one waits
  }
}

function obey(engine: DhcpEngine, message: ToDhcpWorker): void {
  switch (message.kind) {
    case "config":
      engine.configure(message.config);
      return tell({ kind: "done", number: message.number });
    case "reservations":
      engine.changeReservations(message.changes);
      return tell({ kind: "done", number: message.number });
    case "why":
      return tell({ kind: "done", number: message.number, text: engine.why(message.mac) });
    case "start":
    case "stop":
      return;
  }
}

/** Replies that wait for the disk are still sent. */
async function drain(engine: DhcpEngine, transport: LinuxDhcpTransport): Promise<void> {
  const untilMs = systemClock.monoMs() + STOP_MS;
  while (engine.waitingForDisk > 0 && systemClock.monoMs() < untilMs) {
    transport.wait(10);
    engine.finish();
    await aMoment();
  }
}

function macOfInterface(interfaceName: string): MacAddress | undefined {
  const found = Deno.networkInterfaces().find(({ name }) => name === interfaceName);
  return found && parseMacAddress(found.mac);
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
