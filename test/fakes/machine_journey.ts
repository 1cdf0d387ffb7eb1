import { createHash } from "node:crypto";
import type { BootPhase } from "@/shared/machine/boot_plan.ts";
import type { StateOperation } from "@/shared/contract/site_state.ts";

/** What a machine does next, and how long that takes it (in the journey's own seconds). */
export interface Step {
  readonly seconds: number;
  readonly fact: Readonly<Record<string, unknown>>;
}

export interface JourneyOptions {
  readonly mac: string;
  readonly ipv4: string;
  /** Fails in this step of the installation, with this sentence. */
  readonly failsIn?: { readonly step: string; readonly message: string };
  readonly inventory: Readonly<Record<string, unknown>>;
}

/** A server's way through a boot plan, as an agent would tell of it. */
export function journeyOf(
  operation: StateOperation,
  options: JourneyOptions,
): Step[] {
  const steps: Step[] = [at(1, { kind: "operation.started", operationKind: operation.kind })];
  for (const phase of operation.plan.phases) {
    const walked = phaseSteps(phase, operation, options);
    steps.push(...walked);
    if (walked.some(({ fact }) => fact.ok === false)) return [...steps, failed(phase, walked)];
  }
  return [...steps, at(1, { kind: "operation.ended", outcome: "done" })];
}

function phaseSteps(
  phase: BootPhase,
  operation: StateOperation,
  { mac, ipv4, failsIn, inventory }: JourneyOptions,
): Step[] {
  const order = phase.order;
  const power = order
    ? [
      at(0.2, { kind: "power.ordered", phase: phase.name, order }),
      at(3, {
        kind: "power.done",
        phase: phase.name,
        order,
        state: order === "off" ? "off" : "on",
      }),
    ]
    : [];
  switch (phase.doneBy) {
    case "power_done":
      return power;
    case "boot_asked":
      return [...power, ...netboot({ mac, ipv4, purpose: phase.purpose ?? "commission" })];
    case "commissioned":
      return [
        ...scripts(operation),
        at(6, { kind: "commission.reported", ok: true, inventory }),
      ];
    case "tested":
      return [...scripts(operation), at(2, { kind: "test.reported", ok: true })];
    case "installed":
      return install(failsIn);
    case "system_ready":
      return [
        at(55, { kind: "boot.asked", answer: "local_disk", ipv4 }),
        at(14, { kind: "stage.reached", system: "installed", stage: "init", event: "start" }),
        at(18, { kind: "system.reported", ok: true }),
      ];
    case "erased":
      return [at(40, { kind: "erase.reported", ok: true })];
    case "rescue_ready":
      return [at(20, { kind: "rescue.reported", ok: true })];
  }
}

/** What every script writes, and its hash. */
export const SCRIPT_OUTPUT = new TextEncoder().encode("fans: 6 of 6 turn\ntemperature: 24 C\n");
export const SCRIPT_OUTPUT_SHA256 = createHash("sha256").update(SCRIPT_OUTPUT).digest("hex");

/** From firmware to a system that runs in memory. */
function netboot({ ipv4, purpose }: { mac: string; ipv4: string; purpose: string }): Step[] {
  return [
    at(62, { kind: "boot.offered", architecture: 7, program: "snponly.efi" }),
    at(0.2, { kind: "lease.given", ipv4, subnetId: 0 }),
    at(1, served("tftp", "snponly.efi", 300_000, ipv4, 400)),
    at(3, { kind: "boot.asked", answer: "ephemeral", ipv4, purpose }),
  ];
}

const INSTALL_STEPS: readonly (readonly [name: string, seconds: number])[] = [
  ["wipe old signatures", 2],
  ["partition disks", 4],
  ["make filesystems", 5],
  ["unpack the image", 48],
  ["write network configuration", 1],
  ["install the boot loader", 9],
  ["hand over to cloud-init", 1],
];

function install(failsIn: JourneyOptions["failsIn"]): Step[] {
  const steps: Step[] = [
    at(2, served("http", "images/boot-kernel", 12_000_000, "", 700)),
    at(3, served("http", "images/boot-initrd", 64_000_000, "", 1800)),
    at(9, served("http", "images/squashfs", 720_000_000, "", 7400)),
    at(16, { kind: "metadata.served", purpose: "install", ipv4: "" }),
  ];
  const of = INSTALL_STEPS.length;
  for (const [i, [name, seconds]] of INSTALL_STEPS.entries()) {
    const number = i + 1;
    steps.push(at(0.3, { kind: "step.started", number, of, name }));
    const ok = failsIn?.step !== name;
    steps.push(at(seconds, { kind: "step.ended", number, of, name, ok }));
    if (!ok) {
      return [...steps, at(0.5, { kind: "install.reported", ok, message: failsIn?.message })];
    }
  }
  return [...steps, at(1, { kind: "install.reported", ok: true })];
}

function scripts({ kind, scripts = [] }: StateOperation): Step[] {
  // The agent's own comes first, and is counted.
  const names = [
    ...(kind === "commission" ? ["collect-inventory"] : []),
    ...scripts.map(({ name }) => name),
  ];
  const boot: Step[] = [
    at(2, served("http", "images/boot-kernel", 12_000_000, "", 700)),
    at(3, served("http", "images/boot-initrd", 64_000_000, "", 1800)),
    at(9, served("http", "images/squashfs", 720_000_000, "", 7400)),
    at(14, { kind: "metadata.served", purpose: "commission", ipv4: "" }),
  ];
  const of = names.length;
  return names.reduce<Step[]>((all, name, i) => [
    ...all,
    at(0.3, { kind: "script.started", number: i + 1, of, name }),
    at(4, {
      ...{ kind: "script.ended", number: i + 1, of, name },
      ...{ exitStatus: 0, timedOut: false, durationMs: 4000 },
      stdoutSha256: SCRIPT_OUTPUT_SHA256,
    }),
  ], boot);
}

function served(
  protocol: "tftp" | "http",
  path: string,
  bytes: number,
  ipv4: string,
  durationMs: number,
) {
  return { kind: "file.served", protocol, path, bytes, durationMs, ipv4 };
}

function failed(phase: BootPhase, walked: readonly Step[]): Step {
  const report = walked.findLast(({ fact }) => fact.ok === false && "message" in fact)?.fact;
  const failure = {
    code: "install.failed",
    message: String(report?.message ?? "no reason given"),
    phase: phase.name,
    evidence: walked.slice(-5).map(({ fact }) => `${fact.kind} ${fact.name ?? fact.path ?? ""}`),
  };
  return at(0.5, { kind: "operation.ended", outcome: "failed", failure });
}

function at(seconds: number, fact: Step["fact"]): Step {
  return { seconds, fact };
}
