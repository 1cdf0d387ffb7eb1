import { useApi } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { machineText } from "../../strings/machine.ts";
import { formatBytes } from "../../ui/format.ts";
import { Card } from "../../ui/Page.tsx";
import { Note, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { type DrawnDevice, type DrawnPart, drawStorage } from "./disk_drawing.ts";
import { LayoutField } from "./LayoutField.tsx";
import type { Machine } from "./why_not.ts";
import { EMPTY_PLAN } from "@/shared/machine/storage.ts";

/** The disks to scale, and how the next deploy will lay them out. */
export function StorageTab({ machine, me }: { machine: Machine; me: Me }) {
  const { systemId, inventory } = machine;
  const { data, error } = useApi("/machines/:systemId/storage", { param: { systemId } });
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  const disks = inventory?.disks ?? [];
  const devices = drawStorage(disks, data.plan ?? EMPTY_PLAN);
  const most = Math.max(1, ...devices.map(({ bytes }) => bytes ?? 0));
  return (
    <Card>
      <div class="stack wide">
        <LayoutField machine={machine} mayChange={me.actingRole !== "viewer"} />
        {data.refusal
          ? (
            <Note tone="caution" more={<code>{data.refusal.code}</code>}>
              {machineText.layoutRefused}: {data.refusal.detail}
            </Note>
          )
          : null}
        {devices.length === 0 ? <p class="muted">{machineText.noDisks}</p> : (
          <ul class="disks">
            {devices.map((device) => <Device key={device.name} device={device} most={most} />)}
          </ul>
        )}
      </div>
    </Card>
  );
}

function Device({ device, most }: { device: DrawnDevice; most: number }) {
  const { name, kind, bytes, note, level, members, isPlanned, parts } = device;
  const made = kind === "raid"
    ? machineText.raidOf(level ?? 0, members.join(", "))
    : kind === "group"
    ? machineText.groupOver(members.join(", "))
    : note;
  return (
    <li>
      <div class="spread">
        <span>
          <strong>{name}</strong> <span class="faint">{made}</span>
        </span>
        <span class="num">{bytes === undefined ? "" : formatBytes(bytes)}</span>
      </div>
      <div class="disk" style={{ width: `${Math.max(6, (100 * (bytes ?? most)) / most)}%` }}>
        {isPlanned
          ? parts.map((part, i) => <Part key={part.name || i} part={part} />)
          : (
            <div class="part free">
              <span>{machineText.untouched}</span>
            </div>
          )}
      </div>
    </li>
  );
}

function Part({ part }: { part: DrawnPart }) {
  const { name, bytes, isFree, filesystem, memberOf, role } = part;
  const use = isFree
    ? machineText.free
    : filesystem
    ? filesystem.mountPoint ?? (filesystem.type === "swap" ? machineText.swap : "")
    : memberOf
    ? `→ ${memberOf}`
    : role?.replace("_", " ") ?? "";
  const detail = [filesystem?.type, formatBytes(bytes)].filter(Boolean).join(", ");
  const look = isFree ? "free" : memberOf ? "member" : filesystem?.mountPoint === "/" ? "root" : "";
  return (
    <div
      class={`part ${look}`}
      style={{ flexGrow: bytes }}
      title={[name, use, detail].filter(Boolean).join(" · ")}
    >
      <strong>{use || name}</strong>
      <span>{detail}</span>
    </div>
  );
}
