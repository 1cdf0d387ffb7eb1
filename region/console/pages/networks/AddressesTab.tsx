import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { useEvery } from "../../api/every_page.ts";
import { api } from "../../api/client.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { networksText, subnetText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { toast, toastError } from "../../ui/toasts.ts";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { LeasesCard } from "./LeasesCard.tsx";
import type { Subnet } from "./NetworksPage.tsx";
import { refreshAddresses } from "./RangeForm.tsx";
import { type Reservation, ReservationDialog } from "./ReservationDialog.tsx";

type Promised = OutputOf<"/ip-addresses", "get">["ipAddresses"][number];

/** Who has which address of a subnet: by promise, and by DHCP now. */
export function AddressesTab({ subnet: { id: subnetId } }: { subnet: Subnet }) {
  return (
    <div class="stack wide">
      <ReservationsCard subnetId={subnetId} />
      <PromisedCard subnetId={subnetId} />
      <LeasesCard query={{ subnetId }} />
    </div>
  );
}

function ReservationsCard({ subnetId }: { subnetId: number }) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const reservations = useEvery("/reservations", "reservations", { subnetId });
  const [editing, setEditing] = useState<Reservation | "new">();
  const [leaving, setLeaving] = useState<Reservation>();
  return (
    <Card
      title={subnetText.reservations}
      isBare
      actions={isAdmin
        ? (
          <Button isSmall icon="plus" onClick={() => setEditing("new")}>
            {subnetText.addReservation}
          </Button>
        )
        : null}
    >
      <Loaded read={reservations} isInCard>
        {(all) =>
          all.length === 0
            ? <p class="card-body muted">{subnetText.noReservations}</p>
            : (
              <Table<Reservation>
                label={subnetText.reservations}
                rows={all}
                keyOf={({ id }) => id}
                columns={[
                  { key: "ip", title: subnetText.address, cell: ({ ip }) => <code>{ip}</code> },
                  { key: "mac", title: subnetText.mac, cell: ({ mac }) => <code>{mac}</code> },
                  { key: "host", title: subnetText.hostname, cell: ({ hostname }) => hostname },
                  { key: "comment", title: subnetText.comment, cell: ({ comment }) => comment },
                  {
                    key: "actions",
                    title: "",
                    isRight: true,
                    cell: (reservation) =>
                      isAdmin
                        ? (
                          <span class="row tight end">
                            <Button
                              isSmall
                              kind="quiet"
                              icon="edit"
                              label={`${networksText.edit} ${reservation.ip}`}
                              onClick={() => setEditing(reservation)}
                            />
                            <Button
                              isSmall
                              kind="quiet"
                              icon="trash"
                              label={`${networksText.remove} ${reservation.ip}`}
                              onClick={() => setLeaving(reservation)}
                            />
                          </span>
                        )
                        : null,
                  },
                ]}
              />
            )}
      </Loaded>
      {editing
        ? (
          <ReservationDialog
            subnetId={subnetId}
            reservation={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
          />
        )
        : null}
      {leaving
        ? (
          <ConfirmDialog
            title={subnetText.removeReservationTitle(leaving.ip)}
            deed={networksText.remove}
            isDangerous
            run={async () => {
              await api.delete("/reservations/:reservationId", {
                param: { reservationId: leaving.id },
                ifMatch: leaving.version,
              });
              refreshAddresses();
              offerBack(leaving);
            }}
            onClose={() => setLeaving(undefined)}
          >
            <p>{subnetText.removeReservationText}</p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}

function offerBack({ subnetId, mac, ip, hostname, comment }: Reservation): void {
  if (mac === null) return;
  const back = async () => {
    const json = { subnetId, mac, ip, hostname: hostname ?? undefined, comment };
    await api.post("/reservations", { json });
    refreshAddresses();
  };
  toast("good", networksText.removed(ip), {
    label: words.undo,
    run: () => void back().catch(toastError),
  });
}

function PromisedCard({ subnetId }: { subnetId: number }) {
  const promised = useEvery("/ip-addresses", "ipAddresses", { subnetId });
  return (
    <Card title={subnetText.promised} isBare>
      <Loaded read={promised} isInCard>
        {(all) => {
          const others = all.filter(({ kind }) => kind !== "reservation");
          if (others.length === 0) return <p class="card-body muted">{subnetText.noPromised}</p>;
          return (
            <Table<Promised>
              label={subnetText.promised}
              rows={others}
              keyOf={({ id }) => id}
              columns={[
                { key: "ip", title: subnetText.address, cell: ({ ip }) => <code>{ip}</code> },
                {
                  key: "kind",
                  title: subnetText.usedAs,
                  cell: ({ kind }) => subnetText.promises[kind],
                },
                {
                  key: "who",
                  title: subnetText.who,
                  cell: ({ hostname, mac, comment }) => hostname ?? (mac || comment),
                },
                {
                  key: "since",
                  title: subnetText.given,
                  cell: ({ createdAt }) => <TimeAgo at={createdAt} />,
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
