import type { MachineStatus } from "@/shared/machine/lifecycle.ts";
import { isInTransit } from "@/shared/machine/lifecycle.ts";
import type { Tone } from "./ProblemNote.tsx";

/** What a status means for whoever looks over many: is it well, at work, or in need of somebody. */
export function toneOf(status: MachineStatus): Tone {
  if (isInTransit(status)) return "busy";
  if (/failed/i.test(status)) return "bad";
  switch (status) {
    case "Deployed":
      return "good";
    case "Ready":
      return "ready";
    case "Broken":
      return "bad";
    case "Rescue mode":
      return "caution";
    default:
      return "idle";
  }
}

/** A mark whose form tells as much as its colour, and the status in words. */
export function Status({ status }: { status: MachineStatus }) {
  const tone = toneOf(status);
  return (
    <span class={`status tone-${tone}`}>
      <Mark tone={tone} />
      {status}
    </span>
  );
}

export function StatusBadge({ status }: { status: MachineStatus }) {
  const tone = toneOf(status);
  return (
    <span class={`status badge tone-${tone}`}>
      <Mark tone={tone} />
      {status}
    </span>
  );
}

/** Filled: well. Open: nothing runs there. Turning: at work. A cross: failed. A triangle: look. */
export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg
      class={tone === "busy" ? "mark spins" : "mark"}
      viewBox="0 0 12 12"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      aria-hidden="true"
    >
      {FORMS[tone]}
    </svg>
  );
}

const FORMS = {
  good: <circle cx="6" cy="6" r="4.5" fill="currentColor" stroke="none" />,
  ready: <circle cx="6" cy="6" r="4" />,
  busy: (
    <>
      <circle cx="6" cy="6" r="4.3" opacity="0.28" />
      <path d="M6 1.7A4.3 4.3 0 0 1 10.3 6" stroke-linecap="round" />
    </>
  ),
  caution: <path d="M6 1.6 11 10.4H1z" fill="currentColor" stroke="none" />,
  bad: <path d="M2.4 2.4 9.6 9.6M9.6 2.4 2.4 9.6" stroke-width="2.4" stroke-linecap="round" />,
  idle: <path d="M2 6h8" stroke-width="2.4" stroke-linecap="round" />,
};
