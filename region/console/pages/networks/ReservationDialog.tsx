import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { subnetText } from "../../strings/networks.ts";
import { words } from "../../strings/words.ts";
import { TextField } from "../../ui/Field.tsx";
import { FormDialog } from "../../ui/FormDialog.tsx";
import { toast } from "../../ui/toasts.ts";
import { useSettled } from "../../ui/use_settled.ts";
import { addressFault } from "./address_faults.ts";
import { refreshAddresses } from "./RangeForm.tsx";

export type Reservation = OutputOf<"/reservations", "get">["reservations"][number];

/** Promises an address to a MAC, or changes a promise. */
export function ReservationDialog(
  { subnetId, ip: firstIp = "", mac: firstMac = "", reservation, onClose }: {
    subnetId: number;
    ip?: string;
    mac?: string;
    reservation?: Reservation;
    onClose: () => void;
  },
) {
  const [mac, setMac] = useState(reservation?.mac ?? firstMac);
  const [ip, setIp] = useState(reservation?.ip ?? firstIp);
  const [hostname, setHostname] = useState(reservation?.hostname ?? "");
  const [comment, setComment] = useState(reservation?.comment ?? "");
  const typedIp = useSettled(ip);
  const save = async () => {
    const saved = reservation
      ? await api.patch("/reservations/:reservationId", {
        param: { reservationId: reservation.id },
        json: { mac: mac.trim(), ip: ip.trim(), hostname: hostname.trim() || null, comment },
        ifMatch: reservation.version,
      })
      : await api.post("/reservations", {
        json: {
          subnetId,
          mac: mac.trim(),
          ip: ip.trim() || undefined,
          hostname: hostname.trim() || undefined,
          comment,
        },
      });
    refreshAddresses();
    toast("good", subnetText.reserved(saved.ip));
  };
  return (
    <FormDialog
      title={subnetText.addReservation}
      deed={reservation ? words.save : subnetText.addReservation}
      run={save}
      onClose={onClose}
    >
      {(fault) => (
        <>
          <TextField
            label={subnetText.mac}
            hint={subnetText.macHint}
            value={mac}
            onInput={setMac}
            fault={fault("mac")}
            isMono
            isFirst
            hasNoMemory
          />
          <TextField
            label={subnetText.address}
            hint={reservation ? undefined : subnetText.reservationHint}
            value={ip}
            onInput={setIp}
            fault={addressFault(typedIp) ?? fault("ip")}
            isMono
            hasNoMemory
          />
          <TextField
            label={subnetText.hostname}
            value={hostname}
            onInput={setHostname}
            fault={fault("hostname")}
            hasNoMemory
          />
          <TextField
            label={subnetText.comment}
            value={comment}
            onInput={setComment}
            fault={fault("comment")}
            hasNoMemory
          />
        </>
      )}
    </FormDialog>
  );
}
