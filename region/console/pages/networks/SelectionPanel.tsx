import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { paths } from "../../paths.ts";
import { subnetText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Card, Facts } from "../../ui/Page.tsx";
import { type Cell, type MapAddress, overlaps, sizeOf, type Span, useOf } from "./address_grid.ts";
import type { Choice } from "./MapTab.tsx";
import type { Subnet } from "./NetworksPage.tsx";
import { RangeForm } from "./RangeForm.tsx";
import { ReservationDialog } from "./ReservationDialog.tsx";

/** What is selected on the map: who has it, and what can be made of it. */
export function SelectionPanel(
  { subnet, cells, choice, selection, isAdmin, onChoose, onOpen }: {
    subnet: Subnet;
    cells: readonly Cell[];
    choice: Choice | undefined;
    selection: Span | undefined;
    isAdmin: boolean;
    onChoose: (choice: Choice | undefined) => void;
    onOpen: (block: string) => void;
  },
) {
  const [reserving, setReserving] = useState<string>();
  const touched = selection ? cells.filter((cell) => overlaps(cell, selection)) : [];
  const only = touched.length === 1 ? touched[0] : undefined;
  const isOne = selection !== undefined && sizeOf(selection) === 1n;
  const title = choice?.range
    ? subnetText.editRange
    : only?.kind === "address"
    ? only.address.ip
    : only?.kind === "block"
    ? only.block.cidr
    : subnetText.newRange;
  if (choice === undefined) {
    return (
      <Card title={subnetText.address}>
        <p class="muted">
          {isAdmin ? subnetText.nothingSelected : subnetText.nothingSelectedViewer}
        </p>
        {isAdmin
          ? (
            <p class="below">
              <Button isSmall icon="plus" onClick={() => onChoose({ first: "", last: "" })}>
                {subnetText.newRange}
              </Button>
            </p>
          )
          : null}
      </Card>
    );
  }
  return (
    <Card
      title={title}
      actions={
        <Button
          kind="quiet"
          icon="close"
          isSmall
          label={words.close}
          onClick={() => onChoose(undefined)}
        />
      }
    >
      <div class="stack">
        {only?.kind === "address" && isOne ? <AddressFacts address={only.address} /> : null}
        {only?.kind === "block"
          ? (
            <div>
              <Button isSmall icon="search" onClick={() => onOpen(only.block.cidr)}>
                {subnetText.lookInto(only.block.cidr)}
              </Button>
            </div>
          )
          : null}
        {isAdmin && only?.kind === "address" && isOne && only.address.promise === null &&
            only.use !== "edge"
          ? (
            <div>
              <Button isSmall icon="lock" onClick={() => setReserving(only.address.ip)}>
                {subnetText.reserveThis}
              </Button>
            </div>
          )
          : null}
        {isAdmin
          ? (
            <RangeForm
              key={choice.range?.id}
              subnetId={subnet.id}
              choice={choice}
              size={selection && sizeOf(selection)}
              onChoose={onChoose}
            />
          )
          : null}
      </div>
      {reserving !== undefined
        ? (
          <ReservationDialog
            subnetId={subnet.id}
            ip={reserving}
            mac={only?.kind === "address" ? only.address.mac ?? "" : ""}
            onClose={() => setReserving(undefined)}
          />
        )
        : null}
    </Card>
  );
}

function AddressFacts({ address }: { address: MapAddress }) {
  const { role, promise, isLeased, mac, hostname, systemId } = address;
  const kind = promise === null ? undefined : subnetText.promises[promise];
  const uses = [kind, isLeased ? subnetText.leased : undefined].filter(Boolean).join(", ");
  return (
    <Facts
      items={[
        [subnetText.usedAs, uses || subnetText.uses[useOf(address)]],
        [subnetText.inRange, subnetText.roles[role]],
        mac === null ? null : [subnetText.mac, <code key="mac">{mac}</code>],
        hostname === null ? null : [subnetText.hostname, hostname],
        systemId === null ? null : [
          subnetText.machine,
          <Link key="machine" href={paths.machine(systemId)}>{hostname ?? systemId}</Link>,
        ],
      ]}
    />
  );
}
