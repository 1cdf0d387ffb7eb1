import { expect, test } from "vitest";
import type { KnownFact } from "@/shared/contract/facts.ts";
import { BootLog, formatBoots } from "./boot_log.ts";

const fact = (second: number, fields: object) =>
  ({ seq: second, at: `2026-01-01T00:00:0${second}.000Z`, monoMs: second, mac: "a", ...fields }) as // only what the log reads
  unknown as KnownFact;

test("a boot is told step by step, and a new first question begins another", () => {
  const log = new BootLog();
  log.note(fact(1, { kind: "boot.offered", program: "snponly.efi" }));
  log.note(fact(2, { kind: "boot.offered", program: "http://x/boot/a/ipxe" })); // iPXE asks again
  log.note(fact(3, { kind: "boot.asked", answer: "local_disk", ipv4: "1", systemId: "abc234" }));
  log.note(fact(4, { kind: "power.observed", state: "on" }));
  expect(formatBoots(log.recent())).toBe(
    `a (abc234), since 2026-01-01T00:00:01.000Z
  00:00:01  asked how to boot, was offered snponly.efi
  00:00:02  asked how to boot, was offered http://x/boot/a/ipxe
  00:00:03  asked for its script, was told local_disk`,
  );
  log.note(fact(5, { kind: "boot.offered", program: "snponly.efi" }));
  log.note(fact(6, { kind: "boot.offered", program: "snponly.efi", mac: "b" }));
  const [last, before] = log.recent();
  expect([last?.mac, before?.mac]).toEqual(["b", "a"]);
  expect(before?.steps).toHaveLength(1);
});

test("it remembers no more than it may", () => {
  const log = new BootLog();
  for (let i = 0; i < 1_000; i++) {
    log.note(fact(1, { kind: "boot.offered", program: "x", mac: String(i) }));
    log.note(fact(1, { kind: "lease.given", ipv4: "x", mac: "always" }));
  }
  expect(log.recent()).toHaveLength(200);
  expect(log.recent()[0]?.steps).toHaveLength(30);
  expect(formatBoots([])).toBe("no machine has booted since the agent started");
});
