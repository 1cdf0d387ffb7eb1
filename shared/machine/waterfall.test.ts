import { expect, test } from "vitest";
import { KnownFact, type NewFact } from "@/shared/contract/facts.ts";
import { waterfall } from "./waterfall.ts";

const ASKED_MS = Date.parse("2026-01-01T00:00:00.000Z");

function fact(seconds: number, told: NewFact): KnownFact {
  const at = new Date(ASKED_MS + seconds * 1000).toISOString();
  return KnownFact.parse({ ...told, seq: 1 + seconds * 1000, at, monoMs: seconds * 1000 });
}

const told = [
  fact(1, { kind: "operation.started", operationKind: "deploy" }),
  fact(1.2, { kind: "power.ordered", phase: "network boot", order: "network_boot" }),
  fact(4, { kind: "power.done", phase: "network boot", order: "network_boot", state: "on" }),
  fact(6, { kind: "boot.asked", answer: "ephemeral", ipv4: "192.0.2.9" }),
  fact(8, {
    kind: "file.served",
    protocol: "http",
    path: "/images/ab/boot-kernel",
    bytes: 1000,
    durationMs: 500,
    ipv4: "192.0.2.9",
  }),
  fact(20, { kind: "metadata.served", purpose: "install", ipv4: "192.0.2.9" }),
  fact(30, { kind: "step.started", number: 1, of: 2, name: "partition" }),
  fact(31, { kind: "step.ended", number: 1, of: 2, name: "partition", ok: true }),
  fact(40, { kind: "install.reported", ok: true }),
  fact(45, { kind: "boot.asked", answer: "local_disk", ipv4: "192.0.2.9" }),
  fact(80, { kind: "system.reported", ok: true }),
  fact(80.5, { kind: "operation.ended", outcome: "done" }),
];

test("waterfall() charges each second to somebody and leaves no gap", () => {
  const spans = waterfall(ASKED_MS, told, ASKED_MS + 999_000);
  const shown = spans.map(({ name, owner, startMs, endMs }) =>
    `${(startMs - ASKED_MS) / 1000}-${(endMs - ASKED_MS) / 1000} ${owner} ${name}`
  );
  expect(shown).toEqual([
    "0-1 control order reaches the site",
    "1-1.2 control agent",
    "1.2-4 power power",
    "4-6 firmware firmware",
    "6-7.5 firmware boot program",
    "7.5-8 transfer fetch boot-kernel",
    "8-20 system kernel start",
    "20-30 system cloud-init",
    "30-31 disk partition",
    "31-40 disk between steps",
    "40-45 firmware restart",
    "45-80 system boot from disk",
    "80-80.5 control agent",
  ]);
  expect(spans.find(({ name }) => name === "fetch boot-kernel")?.bytes).toBe(1000);
});

test("waterfall() of a running operation names what the machine is busy with", () => {
  const spans = waterfall(ASKED_MS, told.slice(0, 6), ASKED_MS + 25_000);
  expect(spans.at(-1)).toMatchObject({ name: "cloud-init", endMs: ASKED_MS + 25_000 });
});
