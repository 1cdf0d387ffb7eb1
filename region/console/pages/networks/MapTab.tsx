import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery } from "../../api/every_page.ts";
import { useApi } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { subnetText } from "../../strings/networks.ts";
import { Button } from "../../ui/Button.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { cellsOf, formatAddress, parseSpan, type Span } from "./address_grid.ts";
import { AddressMap } from "./AddressMap.tsx";
import { Legend } from "./Legend.tsx";
import { LeaseChart } from "./LeaseChart.tsx";
import type { Subnet } from "./NetworksPage.tsx";
import { RangesCard } from "./RangesCard.tsx";
import { SelectionPanel } from "./SelectionPanel.tsx";
import { UseCard } from "./UseCard.tsx";

export type IpRange = OutputOf<"/ip-ranges", "get">["ipRanges"][number];

/** What is being chosen: on the map or in two fields, which say the same. */
export interface Choice {
  readonly first: string;
  readonly last: string;
  /** The range whose ends are moved; absent: a new one. */
  readonly range?: IpRange;
}

const EVERY_MS = 30_000;

/** The addresses of a subnet, its ranges on them, and how full it is. */
export function MapTab({ subnet }: { subnet: Subnet }) {
  const { id: subnetId, cidr } = subnet;
  const family = subnet.family === 6 ? 6 : 4;
  const [block, setBlock] = useState<string>();
  const [choice, setChoice] = useState<Choice>();
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const panel = useRef<HTMLDivElement>(null);
  const map = useApi("/subnets/:subnetId/addresses", { param: { subnetId }, query: { block } }, {
    everyMs: EVERY_MS,
  });
  const ranges = useEvery("/ip-ranges", "ipRanges", { subnetId });
  const cells = useMemo(() => (map.data ? cellsOf(map.data) : []), [map.data]);
  const selection = choice && parseSpan(choice.first, choice.last);
  const select = ({ first, last }: Span) =>
    setChoice((before) => ({
      ...before,
      first: formatAddress(first, family),
      last: formatAddress(last, family),
    }));
  useEffect(() => {
    // Whoever chose it in the table goes on where it is edited.
    if (choice?.range) panel.current?.querySelector("input")?.focus();
  }, [choice?.range?.id]);
  return (
    <div class="stack wide">
      <div class="subnet-map">
        <Card
          title={subnetText.mapOf(block ?? cidr)}
          actions={block === undefined
            ? null
            : (
              <Button isSmall icon="left" onClick={() => setBlock(outer(block, cidr))}>
                {subnetText.zoomOut(outer(block, cidr) ?? cidr)}
              </Button>
            )}
        >
          <Loaded read={map}>
            {(data) => (
              <div class="stack">
                <AddressMap
                  key={data.block}
                  label={subnetText.mapOf(data.block)}
                  cells={cells}
                  selection={selection}
                  isSelectable={isAdmin}
                  onSelect={select}
                  onOpen={(cell) => {
                    if (cell.kind === "block") setBlock(cell.block.cidr);
                  }}
                />
                <Legend isBlocks={data.blocks !== null} />
                <p class="faint small">
                  {isAdmin ? subnetText.mapHelp : subnetText.mapHelpViewer}
                  {data.blocks === null ? "" : ` ${subnetText.mapHelpBlocks}`}
                </p>
              </div>
            )}
          </Loaded>
        </Card>
        <div class="stack" ref={panel}>
          <SelectionPanel
            subnet={subnet}
            cells={cells}
            choice={choice}
            selection={selection}
            isAdmin={isAdmin}
            onChoose={setChoice}
            onOpen={setBlock}
          />
          <UseCard subnetId={subnetId} />
        </div>
      </div>
      <RangesCard
        ranges={ranges}
        isAdmin={isAdmin}
        onEdit={(range) => {
          setBlock(undefined);
          setChoice({ first: range.first, last: range.last, range });
        }}
      />
      {family === 4 ? <LeaseChart subnetId={subnetId} /> : null}
    </div>
  );
}

/** The block around a block, as the map is divided: eight bits at a time; undefined: the subnet. */
function outer(block: string, cidr: string): string | undefined {
  const [address = "", bits] = block.split("/");
  const whole = Number(cidr.split("/")[1]);
  const prefixBits = Number(bits) - 8;
  if (prefixBits <= whole) return undefined;
  const span = parseSpan(address, address);
  const family = address.includes(":") ? 6 : 4;
  const size = 1n << BigInt((family === 6 ? 128 : 32) - prefixBits);
  if (!span) return undefined;
  return `${formatAddress(span.first - (span.first % size), family)}/${prefixBits}`;
}
