import { expect, test } from "vitest";
import type { StateMachine } from "@/shared/contract/site_state.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { RedfishEvents } from "./redfish_events.ts";

const machine = (systemId: string, power: StateMachine["power"]): StateMachine => ({
  systemId,
  hostname: systemId,
  architecture: "amd64",
  macs: [],
  reservations: [],
  boot: "local_disk",
  power,
});
const redfish = { kind: "redfish", address: "b", port: 443 };

/** Streams in the test's hands. */
function listenTo() {
  const streams: { id: string; say(): void; end(error?: Error): void; signal: AbortSignal }[] = [];
  const heard: string[] = [];
  const events = new RedfishEvents({
    log: () => {},
    retryMs: 1,
    onEvent: (systemId) => heard.push(systemId),
    listen: ({ systemId: id }, say, signal) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => error ? reject(error) : resolve();
        streams.push({ id, say, end, signal });
        signal.addEventListener("abort", () => resolve());
      }),
  });
  return { events, streams, heard };
}

test("a Redfish BMC is listened to, and again when its stream has ended", async () => {
  const { events, streams, heard } = listenTo();
  events.applyMachines([machine("one", redfish), machine("two", { kind: "webhook" })]);
  events.applyMachines([machine("one", redfish)]);
  expect(streams.map(({ id }) => id)).toEqual(["one"]);
  streams[0]?.say();
  expect(heard).toEqual(["one"]);
  streams[0]?.end();
  await expect.poll(() => streams.length).toBe(2);
  events.close();
  expect(streams[1]?.signal.aborted).toBe(true);
});

test("one that streams nothing is left to polls, until it is reached otherwise", async () => {
  const { events, streams } = listenTo();
  events.applyMachines([machine("one", redfish)]);
  streams[0]?.end(new DomainError({ kind: "conflict", code: "bmc.not_offered", message: "none" }));
  await new Promise((wake) => setImmediate(wake));
  events.applyMachines([machine("one", redfish)]);
  expect(streams).toHaveLength(1);
  events.applyMachines([machine("one", { ...redfish, address: "c" })]);
  expect(streams).toHaveLength(2);
  events.applyMachines([]);
  expect(events.size).toBe(0);
  expect(streams[1]?.signal.aborted).toBe(true);
});
