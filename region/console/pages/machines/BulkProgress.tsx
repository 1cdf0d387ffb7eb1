import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { isInTransit, type MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { Report } from "../../api/machine_actions.ts";
import { useStore } from "../../api/store.ts";
import { fleet, type FleetMachine } from "../../fleet/fleet.ts";
import { paths } from "../../paths.ts";
import { bulkText } from "../../strings/machines.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { ProblemNote, type Tone } from "../../ui/ProblemNote.tsx";
import { Status } from "../../ui/StatusBadge.tsx";
import { Elapsed } from "../../ui/Time.tsx";
import { useAction } from "../../ui/use_action.ts";

type Fate = "running" | "done" | "failed" | "left";
const TONES: Record<Fate, Tone> = { done: "good", running: "busy", failed: "bad", left: "caution" };
const NAMES: Record<Fate, string> = {
  done: bulkText.done,
  running: bulkText.running,
  failed: bulkText.failed,
  left: bulkText.left,
};
const ORDER: readonly Fate[] = ["failed", "running", "left", "done"];

/** How each of the machines gets on, as it happens; closing it stops nothing. */
export function BulkProgress(
  { name, report, undo, onClose }: {
    name: string;
    report: Report;
    /** Takes it back, where that can be done. */
    undo?: () => Promise<void>;
    onClose: () => void;
  },
) {
  const undoing = useAction(async () => {
    await undo?.();
    onClose();
  });
  const { machines } = useStore(fleet);
  const [only, setOnly] = useState<Fate>();
  const items = report.results.map((result) => {
    const machine = machines.get(result.systemId);
    return { ...result, machine, fate: fateOf(result, machine) };
  });
  const counts = Map.groupBy(items, ({ fate }) => fate);
  const share = (fate: Fate) => (100 * (counts.get(fate)?.length ?? 0)) / items.length;
  const shown = items.filter(({ fate }) => only === undefined || fate === only)
    .sort((a, b) => ORDER.indexOf(a.fate) - ORDER.indexOf(b.fate));
  return (
    <Dialog
      title={bulkText.title(name, plural(items.length, "machine"))}
      isWide
      onClose={onClose}
      foot={
        <>
          {undo
            ? <Button isBusy={undoing.isBusy} onClick={undoing.run}>{words.undo}</Button>
            : null}
          <Button kind="primary" onClick={onClose}>{words.close}</Button>
        </>
      }
    >
      <ProblemNote problem={undoing.problem} />
      <div class="progress" aria-hidden="true">
        {(["done", "failed", "left", "running"] as const).map((fate) => (
          <span key={fate} class={`tone-${TONES[fate]}`} style={{ width: `${share(fate)}%` }} />
        ))}
      </div>
      <div class="status-bar" role="group" aria-label={bulkText.progress}>
        {ORDER.filter((fate) => counts.has(fate)).map((fate) => (
          <button
            key={fate}
            type="button"
            class={`tone-${TONES[fate]}`}
            aria-pressed={only === fate}
            onClick={() => setOnly(only === fate ? undefined : fate)}
          >
            <span class="num">{counts.get(fate)?.length}</span> {NAMES[fate]}
          </button>
        ))}
      </div>
      <ul class="bulk-list" tabIndex={0} aria-label={bulkText.progress}>
        {shown.map(({ systemId, hostname, machine, refusal, status }) => (
          <li key={systemId}>
            <Link href={paths.machine(systemId)} class="name cut">{hostname ?? systemId}</Link>
            {refusal
              ? <span class="muted">{refusal.detail}</span>
              : <Doing machine={machine} status={status} />}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Doing({ machine, status }: { machine?: FleetMachine; status?: MachineStatus }) {
  const now = machine?.status ?? status;
  return (
    <>
      {now ? <Status status={now} /> : null}
      <span class="muted cut grow">
        {machine?.operation?.phase ?? machine?.failure?.message ?? ""}
      </span>
      {machine?.operation?.phaseStartedAt
        ? <Elapsed since={machine.operation.phaseStartedAt} />
        : null}
    </>
  );
}

function fateOf({ refusal }: Report["results"][number], machine: FleetMachine | undefined): Fate {
  if (refusal) return "left";
  if (!machine) return "done"; // it was removed
  if (machine.operation || isInTransit(machine.status)) return "running";
  return /failed/i.test(machine.status) ? "failed" : "done";
}
