import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { startText } from "../../strings/start.ts";
import { Button } from "../../ui/Button.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { Status } from "../../ui/StatusBadge.tsx";
import { toastError } from "../../ui/toasts.ts";
import { AddMachineDialog } from "../machines/AddMachineDialog.tsx";

const EVERY_MS = 2000;
const SHOWN = 10;

/** The first machines, as they come. */
export function MachineStep({ siteId }: { siteId: string }) {
  const [isAdding, setAdding] = useState(false);
  const { data: site } = useApi("/sites/:siteId", { param: { siteId } });
  const { data } = useApi("/machines", { query: { siteId, limit: SHOWN } }, { everyMs: EVERY_MS });
  const machines = data?.machines ?? [];
  const takeIn = async () => {
    await api.patch("/sites/:siteId", {
      param: { siteId },
      json: { enlist: true },
      ifMatch: site?.version,
    });
    refresh("/sites");
  };
  return (
    <div class="stack">
      {site && !site.enlist
        ? (
          <Note
            tone="caution"
            more={
              <Button isSmall onClick={() => void takeIn().catch(toastError)}>
                {startText.enlistTurnOn}
              </Button>
            }
          >
            {startText.enlistOff}
          </Note>
        )
        : null}
      {machines.length === 0
        ? (
          <div class="row muted" role="status">
            <span class="spinner" aria-hidden="true" />
            {startText.machineWaiting}
          </div>
        )
        : (
          <ul class="bulk-list">
            {machines.map(({ systemId, hostname, status }) => (
              <li key={systemId}>
                <Link class="name" href={paths.machine(systemId)}>{hostname}</Link>
                <Status status={status} />
              </li>
            ))}
          </ul>
        )}
      <div>
        <Button
          icon="plus"
          kind={machines.length === 0 ? "primary" : undefined}
          onClick={() => setAdding(true)}
        >
          {startText.addByBmc}
        </Button>
      </div>
      {isAdding ? <AddMachineDialog siteId={siteId} onClose={() => setAdding(false)} /> : null}
    </div>
  );
}
