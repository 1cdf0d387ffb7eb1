import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useApi } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { paths } from "../../paths.ts";
import { machineText, OPERATION_NAMES } from "../../strings/machine.ts";
import { Button } from "../../ui/Button.tsx";
import { Elapsed, TimeAgo } from "../../ui/Time.tsx";
import { ActionDialog } from "./ActionDialog.tsx";
import { MiniWaterfall } from "./MiniWaterfall.tsx";
import { type Machine, whyNot } from "./why_not.ts";

const EVERY_MS = 5000;

/** What is being done to the machine now, and how far it has come. */
export function RunningNote({ machine, me }: { machine: Machine; me: Me }) {
  const { operation, systemId } = machine;
  const [isAborting, setAborting] = useState(false);
  const { data } = useApi(
    "/operations/:operationId",
    { param: { operationId: operation?.id ?? "" } },
    { isEnabled: operation !== null, everyMs: EVERY_MS },
  );
  if (!operation) return null;
  const { kind, phase, phaseStartedAt } = operation;
  const canAbort = whyNot(machine, "abort", me) === undefined;
  return (
    <section class="running">
      <div class="spread">
        <div class="row">
          <span class="spinner" aria-hidden="true" />
          <strong>{machineText.running(OPERATION_NAMES[kind])}</strong>
          {phase === null ? null : <span>{machineText.phase}: {phase}</span>}
          {phaseStartedAt === null ? null : <Elapsed since={phaseStartedAt} />}
          {data?.deadlineAt
            ? (
              <span class="faint">
                {machineText.deadline} <TimeAgo at={data.deadlineAt} />
              </span>
            )
            : null}
        </div>
        <div class="row">
          <Link class="button small" href={paths.machine(systemId, "boot")}>
            {machineText.seeBoot}
          </Link>
          {canAbort
            ? <Button isSmall onClick={() => setAborting(true)}>{machineText.abort}</Button>
            : null}
        </div>
      </div>
      {data ? <MiniWaterfall spans={data.spans} /> : null}
      {isAborting
        ? <ActionDialog machine={machine} action="abort" onClose={() => setAborting(false)} />
        : null}
    </section>
  );
}
