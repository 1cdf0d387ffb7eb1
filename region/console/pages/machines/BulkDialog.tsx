import { useEffect, useState } from "preact/hooks";
import type { MachineAction } from "@/shared/machine/lifecycle.ts";
import { ApiError, toProblem } from "../../api/client.ts";
import {
  type ActionBody,
  actOnMany,
  type ManyChange,
  type ManyDeed,
  type Report,
} from "../../api/machine_actions.ts";
import { ensureTags } from "../../api/ensure_tags.ts";
import { type FleetMachine, rereadMachines } from "../../fleet/fleet.ts";
import { ACTION_EFFECTS, ACTION_NAMES, bulkText } from "../../strings/machines.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { TextField } from "../../ui/Field.tsx";
import { formatCount, plural } from "../../ui/format.ts";
import { Note, ProblemNote, Waiting } from "../../ui/ProblemNote.tsx";
import { toast } from "../../ui/toasts.ts";
import { useAction } from "../../ui/use_action.ts";
import { ActionFields } from "../machine/ActionFields.tsx";
import { BulkProgress } from "./BulkProgress.tsx";
import { ChangeFields } from "./ChangeFields.tsx";
import { undoOf } from "./undo_change.ts";

export type Bulk =
  | {
    readonly kind: "action";
    readonly action: MachineAction;
    readonly machines: readonly FleetMachine[];
  }
  | { readonly kind: "update" | "delete"; readonly machines: readonly FleetMachine[] };

const CHECK_AFTER_MS = 250;
/** What is lost is typed about: how many, so that nobody wipes a rack by pressing twice. */
const TYPED_FROM = 2;

/** First what would happen to how many; then it is done; then how each of them gets on. */
export function BulkDialog({ bulk, onClose }: { bulk: Bulk; onClose: () => void }) {
  const [body, setBody] = useState<ActionBody>({});
  const [change, setChange] = useState<ManyChange>({});
  const [typed, setTyped] = useState("");
  const [done, setDone] = useState<{ report: Report; undo?: () => Promise<void> }>();
  const deed: ManyDeed = bulk.kind === "action"
    ? { kind: "action", action: bulk.action, body }
    : bulk.kind === "update"
    ? { kind: "update", change }
    : { kind: "delete" };
  const systemIds = bulk.machines.map(({ systemId }) => systemId);
  const dry = useDryRun(systemIds, deed);
  const name = bulk.kind === "action"
    ? ACTION_NAMES[bulk.action]
    : bulk.kind === "update"
    ? bulkText.organise
    : bulkText.forget;
  const action = useAction(async () => {
    if (deed.kind === "update") await ensureTags(deed.change.tags?.add ?? []);
    const report = await actOnMany(systemIds, deed, { dryRun: false });
    rereadMachines(systemIds);
    setDone({
      report,
      undo: deed.kind === "update"
        ? undoingOf({ change: deed.change, machines: bulk.machines, report })
        : undefined,
    });
  });
  if (done) return <BulkProgress name={name} {...done} onClose={onClose} />;

  const count = dry.report?.ok ?? 0;
  const isDangerous = bulk.kind === "delete" ||
    (bulk.kind === "action" && (bulk.action === "deploy" || body.erase !== undefined));
  const wanted = isDangerous && count >= TYPED_FROM ? String(count) : undefined;
  const isTyped = wanted === undefined || typed.trim() === wanted;
  const machines = plural(count, "machine");
  return (
    <Dialog
      title={bulkText.title(name, plural(bulk.machines.length, "machine"))}
      onClose={onClose}
      onSubmit={() => {
        if (count > 0 && isTyped) action.run();
      }}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button
            type="submit"
            kind={isDangerous ? "danger" : "primary"}
            isBusy={action.isBusy}
            why={count === 0
              ? bulkText.noneFits
              : isTyped
              ? undefined
              : words.typeFirst(wanted ?? "")}
          >
            {bulkText.do(name, machines)}
          </Button>
        </>
      }
    >
      <Effect bulk={bulk} />
      {bulk.kind === "action"
        ? <ActionFields action={bulk.action} body={body} onChange={setBody} />
        : null}
      {bulk.kind === "update" ? <ChangeFields change={change} onChange={setChange} /> : null}
      {dry.error !== undefined
        ? <ProblemNote problem={toProblem(dry.error)} />
        : dry.report
        ? <Outcome report={dry.report} verb={verbOf(bulk)} />
        : <Waiting />}
      {wanted === undefined ? null : (
        <TextField
          label={bulkText.typeCount(wanted)}
          value={typed}
          onInput={setTyped}
          hasNoMemory
        />
      )}
      <ProblemNote problem={action.problem} />
    </Dialog>
  );
}

/** What people say of machines is taken back with a press; what was done to them is not. */
function undoingOf(
  { change, machines, report }: {
    change: ManyChange;
    machines: readonly FleetMachine[];
    report: Report;
  },
): (() => Promise<void>) | undefined {
  const done = new Set(
    report.results.flatMap(({ outcome, systemId }) => outcome === "ok" ? [systemId] : []),
  );
  const undos = undoOf(change, machines.filter(({ systemId }) => done.has(systemId)));
  if (undos.length === 0) return undefined;
  return async () => {
    for (const { systemIds, change } of undos) {
      await actOnMany(systemIds, { kind: "update", change }, { dryRun: false });
      rereadMachines(systemIds);
    }
    toast("good", bulkText.undone);
  };
}

function verbOf(bulk: Bulk): string {
  if (bulk.kind === "action") return ACTION_NAMES[bulk.action].toLowerCase();
  return bulk.kind === "update" ? bulkText.beChanged : bulkText.beRemoved;
}

function Effect({ bulk }: { bulk: Bulk }) {
  const text = bulk.kind === "action"
    ? ACTION_EFFECTS[bulk.action]
    : bulk.kind === "delete"
    ? bulkText.forgetEffect
    : undefined;
  return text ? <p class="muted">{text}</p> : null;
}

/** What the dry run said: how many would, and why the others would not. */
function Outcome({ report, verb }: { report: Report; verb: string }) {
  const refused = Map.groupBy(
    report.results.filter(({ refusal }) => refusal),
    ({ refusal }) => refusal?.code ?? "",
  );
  return (
    <div class="stack">
      {report.ok > 0
        ? <Note tone="good">{bulkText.willDo(plural(report.ok, "machine"), verb)}</Note>
        : null}
      {[...refused].map(([code, results]) => (
        <Note
          key={code}
          tone="caution"
          more={<Names names={results.map(({ hostname, systemId }) => hostname ?? systemId)} />}
        >
          {bulkText.refused(plural(results.length, "machine"))}: {results[0]?.refusal?.detail}
        </Note>
      ))}
    </div>
  );
}

const NAMES_MAX = 8;

function Names({ names }: { names: readonly string[] }) {
  const more = names.length - NAMES_MAX;
  return (
    <>
      {names.slice(0, NAMES_MAX).join(", ")}
      {more > 0 ? ` ${bulkText.andMore(formatCount(more))}` : ""}
    </>
  );
}

/** Asked again whenever the options change, once a person stops typing. */
function useDryRun(systemIds: readonly string[], deed: ManyDeed) {
  const [state, setState] = useState<{ report?: Report; error?: unknown }>({});
  const key = JSON.stringify([systemIds, deed]);
  useEffect(() => {
    const left = new AbortController();
    setState({});
    const isEmpty = deed.kind === "update" && Object.keys(deed.change).length === 0;
    const timer = setTimeout(() => {
      if (isEmpty) return setState({ report: { machines: 0, ok: 0, refused: 0, results: [] } });
      actOnMany(systemIds, deed, { dryRun: true, signal: left.signal }).then(
        (report) => setState({ report }),
        (error) => {
          if (!left.signal.aborted || error instanceof ApiError) setState({ error });
        },
      );
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [key]);
  return state;
}
