import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { paths } from "../../paths.ts";
import { scanText } from "../../strings/bmc.ts";
import { Button } from "../../ui/Button.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Note } from "../../ui/ProblemNote.tsx";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { formatFingerprint } from "../machine/bmc_form.ts";
import { AdoptDialog } from "./AdoptDialog.tsx";
import { ScanDialog } from "./ScanDialog.tsx";

export type BmcScan = OutputOf<"/bmc-scans/:bmcScanId", "get">;
export type FoundBmc = BmcScan["found"][number];

const EVERY_MS = 3000;

/** What scans of the site's networks found, to be given to machines. */
export function BmcScansCard({ siteId }: { siteId: string }) {
  const isOperator = useStore(session, (it) => mayAct("operator", it));
  return isOperator ? <Scans siteId={siteId} /> : null;
}

function Scans({ siteId }: { siteId: string }) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const scans = useApi("/sites/:siteId/bmc-scans", { param: { siteId } }, { everyMs: EVERY_MS });
  const [isStarting, setStarting] = useState(false);
  const [adopting, setAdopting] = useState<FoundBmc>();
  return (
    <Card
      title={scanText.title}
      actions={isAdmin
        ? (
          <Button isSmall icon="search" onClick={() => setStarting(true)}>
            {scanText.start}
          </Button>
        )
        : null}
    >
      <Loaded read={scans}>
        {({ bmcScans }) => <Found scans={bmcScans} onAdopt={isAdmin ? setAdopting : undefined} />}
      </Loaded>
      {isStarting ? <ScanDialog siteId={siteId} onClose={() => setStarting(false)} /> : null}
      {adopting
        ? <AdoptDialog siteId={siteId} bmc={adopting} onClose={() => setAdopting(undefined)} />
        : null}
    </Card>
  );
}

function Found(
  { scans, onAdopt }: { scans: readonly BmcScan[]; onAdopt?: (bmc: FoundBmc) => void },
) {
  if (scans.length === 0) return <p class="muted">{scanText.lead} {scanText.none}</p>;
  const latest = latestOfEach(scans);
  const found = latest.flatMap(({ found }) => found);
  return (
    <div class="stack">
      {latest.map((scan) => <Outcome key={scan.id} scan={scan} />)}
      {found.length === 0 ? null : (
        <Table<FoundBmc>
          label={scanText.title}
          rows={found}
          keyOf={({ address }) => address}
          columns={[
            {
              key: "address",
              title: scanText.address,
              cell: ({ address }) => <code>{address}</code>,
            },
            {
              key: "speaks",
              title: scanText.speaks,
              cell: ({ kinds }) => kinds.map((kind) => scanText.kinds[kind]).join(", "),
            },
            {
              key: "product",
              title: scanText.product,
              cell: ({ vendor, product }) => [vendor, product].filter(Boolean).join(" "),
            },
            {
              key: "certificate",
              title: scanText.certificate,
              cell: ({ certificateSha256: sha256 }) =>
                sha256 === undefined ? null : (
                  <code title={formatFingerprint(sha256)}>
                    {formatFingerprint(sha256).slice(0, SHOWN_CHARS)}…
                  </code>
                ),
            },
            {
              key: "machine",
              title: scanText.machine,
              isRight: true,
              cell: (bmc) =>
                bmc.machine !== null
                  ? <Link href={paths.machine(bmc.machine)}>{bmc.machine}</Link>
                  : onAdopt
                  ? (
                    <Button
                      isSmall
                      title={scanText.adoptWhat(bmc.address)}
                      onClick={() => onAdopt(bmc)}
                    >
                      {scanText.adopt}
                    </Button>
                  )
                  : null,
            },
          ]}
        />
      )}
    </div>
  );
}

/** Four bytes are enough to see which one it is. */
const SHOWN_CHARS = 11;

/** A network that was looked through again is as it was last; they come newest first. */
function latestOfEach(scans: readonly BmcScan[]): BmcScan[] {
  const seen = new Set<string>();
  return scans.filter(({ cidr }) => !seen.has(cidr) && seen.add(cidr));
}

function Outcome({ scan: { cidr, state, message, endedAt, found } }: { scan: BmcScan }) {
  if (state === "running") {
    return (
      <p class="row muted" role="status">
        <span class="spinner" aria-hidden="true" />
        {scanText.running(cidr)}
      </p>
    );
  }
  if (state === "failed") {
    return <Note tone="bad">{scanText.failed(cidr, message ?? "")}</Note>;
  }
  return (
    <p class="muted">
      {found.length === 0 ? scanText.nothing(cidr) : scanText.answered(found.length, cidr)}{" "}
      {endedAt === null ? null : <TimeAgo at={endedAt} />}
    </p>
  );
}
