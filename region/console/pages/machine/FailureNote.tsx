import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { MachineAction, MachineStatus } from "@/shared/machine/lifecycle.ts";
import type { Me } from "../../api/session.ts";
import { paths } from "../../paths.ts";
import { machineText } from "../../strings/machine.ts";
import { ACTION_NAMES } from "../../strings/machines.ts";
import { Button } from "../../ui/Button.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { ActionDialog } from "./ActionDialog.tsx";
import { DeployDialog } from "./DeployDialog.tsx";
import { type Machine, whyNot } from "./why_not.ts";

/** What is tried again from each failure. */
const RETRIES: Partial<Record<MachineStatus, MachineAction>> = {
  "Failed commissioning": "commission",
  "Failed deployment": "deploy",
  "Failed testing": "test",
  "Releasing failed": "release",
  "Failed disk erasing": "release",
  "Failed to enter rescue mode": "rescue_mode",
  "Failed to exit rescue mode": "exit_rescue_mode",
};

/** A failed machine opens on why: the reason, what was seen before it, and trying again. */
export function FailureNote({ machine, me }: { machine: Machine; me: Me }) {
  const [isRetrying, setRetrying] = useState(false);
  const { failure, status, systemId } = machine;
  const retry = RETRIES[status];
  if (!failure || (retry === undefined && status !== "Broken")) return null;
  const why = retry && whyNot(machine, retry, me);
  return (
    <section class="failure tone-bad" aria-label={status}>
      <Icon name="error" />
      <div class="grow stack">
        <div>
          <h2>{failure.message}</h2>
          <p class="muted small">
            {machineText.failedIn(failure.phase)} · <code>{failure.code}</code>
          </p>
        </div>
        {failure.evidence.length > 0
          ? (
            <div class="stack tight">
              <h3>{machineText.evidence}</h3>
              <ol class="evidence">
                {failure.evidence.map((line, i) => (
                  <li key={i}>
                    <code>{line}</code>
                  </li>
                ))}
              </ol>
            </div>
          )
          : null}
        <div class="row">
          {retry && me.actingRole !== "viewer"
            ? (
              <Button kind="primary" icon="retry" why={why} onClick={() => setRetrying(true)}>
                {machineText.retry}: {ACTION_NAMES[retry].toLowerCase()}
              </Button>
            )
            : null}
          <Link class="button" href={paths.machine(systemId, "boot")}>{machineText.seeBoot}</Link>
        </div>
      </div>
      {isRetrying && retry
        ? retry === "deploy"
          ? <DeployDialog machine={machine} onClose={() => setRetrying(false)} />
          : <ActionDialog machine={machine} action={retry} onClose={() => setRetrying(false)} />
        : null}
    </section>
  );
}
