import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import type { Read } from "../../api/queries.ts";
import { subnetText } from "../../strings/networks.ts";
import { networksText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { formatCount } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { Table } from "../../ui/Table.tsx";
import { parseSpan, sizeOf } from "./address_grid.ts";
import type { IpRange } from "./MapTab.tsx";
import { refreshAddresses } from "./RangeForm.tsx";

/** The ranges of a subnet in words, for whoever does not use the map. */
export function RangesCard(
  { ranges, isAdmin, onEdit }: {
    ranges: Read<IpRange[]>;
    isAdmin: boolean;
    onEdit: (range: IpRange) => void;
  },
) {
  const [leaving, setLeaving] = useState<IpRange>();
  return (
    <Card title={subnetText.ranges} isBare>
      <Loaded read={ranges} isInCard>
        {(all) =>
          all.length === 0 ? <p class="card-body muted">{subnetText.noRanges}</p> : (
            <Table<IpRange>
              label={subnetText.ranges}
              rows={all}
              keyOf={({ id }) => id}
              columns={[
                {
                  key: "range",
                  title: subnetText.range,
                  cell: (range) => <code>{spell(range)}</code>,
                },
                {
                  key: "kind",
                  title: subnetText.kind,
                  cell: ({ kind }) => (
                    <span class="status">
                      <span class={`cell swatch use-${kind}`} aria-hidden="true" />
                      {subnetText.kinds[kind]}
                    </span>
                  ),
                },
                {
                  key: "size",
                  title: subnetText.size,
                  isRight: true,
                  cell: ({ first, last }) => {
                    const span = parseSpan(first, last);
                    return span ? formatCount(Number(sizeOf(span))) : "";
                  },
                },
                { key: "comment", title: subnetText.comment, cell: ({ comment }) => comment },
                {
                  key: "actions",
                  title: "",
                  isRight: true,
                  cell: (range) =>
                    isAdmin
                      ? (
                        <span class="row tight end">
                          <Button
                            isSmall
                            kind="quiet"
                            icon="edit"
                            title={`${subnetText.editOnMap} ${spell(range)}`}
                            onClick={() => onEdit(range)}
                          >
                            {subnetText.editOnMap}
                          </Button>
                          <Button
                            isSmall
                            kind="quiet"
                            icon="trash"
                            label={`${networksText.remove} ${spell(range)}`}
                            onClick={() => setLeaving(range)}
                          />
                        </span>
                      )
                      : null,
                },
              ]}
            />
          )}
      </Loaded>
      {leaving
        ? (
          <ConfirmDialog
            title={subnetText.removeRangeTitle(spell(leaving))}
            deed={networksText.remove}
            isDangerous
            run={async () => {
              await api.delete("/ip-ranges/:rangeId", {
                param: { rangeId: leaving.id },
                ifMatch: leaving.version,
              });
              refreshAddresses();
              offerBack(leaving);
            }}
            onClose={() => setLeaving(undefined)}
          >
            <p>
              {leaving.kind === "dynamic"
                ? subnetText.removeRangeDynamic
                : subnetText.removeRangeReserved}
            </p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}

function offerBack(range: IpRange): void {
  const { subnetId, kind, first, last, comment } = range;
  const back = async () => {
    await api.post("/ip-ranges", { json: { subnetId, kind, first, last, comment } });
    refreshAddresses();
  };
  toast("good", networksText.removed(spell(range)), {
    label: words.undo,
    run: () => void back().catch(toastError),
  });
}

function spell({ first, last }: IpRange): string {
  return first === last ? first : `${first} – ${last}`;
}
