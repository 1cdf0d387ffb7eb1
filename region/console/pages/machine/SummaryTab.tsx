import { useState } from "preact/hooks";
import { Link } from "wouter-preact";
import { useApi } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { paths } from "../../paths.ts";
import { bmcText } from "../../strings/bmc.ts";
import { machineText } from "../../strings/machine.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { formatBytes, formatMemory, plural } from "../../ui/format.ts";
import { Card, Facts } from "../../ui/Page.tsx";
import { formatFingerprint } from "./bmc_form.ts";
import { EditMachineDialog } from "./EditMachineDialog.tsx";
import type { Machine } from "./why_not.ts";

/** What it is, what people say of it, and how it is reached. */
export function SummaryTab({ machine, me }: { machine: Machine; me: Me }) {
  const [isEditing, setEditing] = useState(false);
  const edit = me.actingRole === "admin"
    ? <Button isSmall icon="edit" onClick={() => setEditing(true)}>{machineText.edit}</Button>
    : null;
  return (
    <div class="grid">
      <Card title={machineText.identity} actions={edit}>
        <Identity machine={machine} />
      </Card>
      <Card title={machineText.hardware}>
        <Hardware machine={machine} />
      </Card>
      <Card title={machineText.bmc}>
        <Bmc machine={machine} />
      </Card>
      <Devices machine={machine} />
      {isEditing ? <EditMachineDialog machine={machine} onClose={() => setEditing(false)} /> : null}
    </div>
  );
}

function Identity({ machine }: { machine: Machine }) {
  const { data: site } = useApi("/sites/:siteId", { param: { siteId: machine.siteId } });
  const { data: images } = useApi("/images", { query: { kind: "os", limit: 200 } });
  const image = images?.images.find(({ id }) => id === machine.imageId);
  const { systemId, fqdn, siteId, zone, pool, tags, description, ownerData } = machine;
  return (
    <Facts
      items={[
        [machineText.fqdn, fqdn],
        [machineText.id, <code key="id">{systemId}</code>],
        [
          machineText.site,
          <Link key="site" href={paths.site(siteId)}>{site?.name ?? siteId}</Link>,
        ],
        [machineText.zone, zone],
        [machineText.pool, pool],
        [
          machineText.tags,
          tags.length === 0
            ? <span key="none" class="faint">{words.none}</span>
            : (
              <span key="tags" class="row tight">
                {tags.map((tag) => (
                  <Link
                    key={tag}
                    class="tag"
                    href={`${paths.machines}?tag=${encodeURIComponent(tag)}`}
                  >
                    {tag}
                  </Link>
                ))}
              </span>
            ),
        ],
        description === "" ? null : [machineText.description, description],
        machine.imageId === null ? null : [machineText.image, image?.title ?? machine.imageId],
        Object.keys(ownerData).length === 0 ? null : [
          machineText.ownerData,
          Object.entries(ownerData).map(([name, value]) => <div key={name}>{name}: {value}</div>),
        ],
      ]}
    />
  );
}

/** PCI base classes: display controllers and processing accelerators. */
const ACCELERATORS = /^(0302|0300|12)/;

function Hardware({ machine: { inventory, architecture } }: { machine: Machine }) {
  if (!inventory) return <p class="muted">{machineText.noInventory}</p>;
  const { system, cpu, memoryMib, disks, interfaces, firmware, pciDevices = [] } = inventory;
  const accelerators = pciDevices.filter((device) => ACCELERATORS.test(device.class ?? ""));
  const bytes = disks.reduce((sum, disk) => sum + disk.bytes, 0);
  return (
    <Facts
      items={[
        [machineText.model, `${system.manufacturer ?? ""} ${system.product ?? ""}`.trim() || "–"],
        system.serial ? [machineText.serial, <code key="serial">{system.serial}</code>] : null,
        [
          machineText.cpu,
          <div key="cpu">
            {cpu.model ?? words.unknown}
            <div class="faint">{machineText.cpus(cpu.cores, cpu.threads ?? cpu.cores)}</div>
          </div>,
        ],
        [machineText.memory, formatMemory(memoryMib)],
        [machineText.disks, machineText.disksOf(plural(disks.length, "disk"), formatBytes(bytes))],
        [
          machineText.nics,
          interfaces.map(({ name, speedMbps, linkUp }) => (
            <div key={name}>
              {name}{" "}
              <span class="faint">
                {linkUp === false
                  ? machineText.linkDown
                  : speedMbps && speedMbps > 0
                  ? machineText.speed(speedMbps)
                  : ""}
              </span>
            </div>
          )),
        ],
        accelerators.length === 0 ? null : [
          machineText.gpus,
          accelerators.map(({ address, vendorName, productName, vendor, product }) => (
            <div key={address}>{productName ?? `${vendor}:${product}`} {vendorName ?? ""}</div>
          )),
        ],
        [machineText.firmware, firmware.toUpperCase()],
        [machineText.architecture, architecture],
      ]}
    />
  );
}

function Bmc({ machine: { bmc, inventory } }: { machine: Machine }) {
  const seen = inventory?.bmc;
  if (!bmc && !seen) return <p class="muted">{machineText.noBmc}</p>;
  const { address, port, username, certificateSha256, system, mac, onUrl, offUrl, queryUrl } =
    bmc ?? {};
  const { cipherSuite, privilege, broadcast } = bmc ?? {};
  const fact = (name: string, value: string | undefined) =>
    value === undefined ? null : [name, <code key={name} class="wrap">{value}</code>] as const;
  return (
    <Facts
      items={[
        [bmcText.kind, bmc ? bmcText.kinds[bmc.kind] : bmcText.kinds.manual],
        fact(bmcText.fields.address, address && port ? `${address}:${port}` : address),
        fact(bmcText.fields.username, username),
        fact(
          bmcText.fields.cipherSuite,
          cipherSuite === undefined ? undefined : bmcText.cipherSuiteOf(cipherSuite),
        ),
        fact(bmcText.privilege, privilege),
        fact(bmcText.fields.mac, mac),
        fact(bmcText.fields.broadcast, broadcast),
        fact(bmcText.fields.onUrl, onUrl),
        fact(bmcText.fields.offUrl, offUrl),
        fact(bmcText.fields.queryUrl, queryUrl),
        fact(bmcText.fields.system, system),
        fact(bmcText.certificate, certificateSha256 && formatFingerprint(certificateSha256)),
        seen
          ? fact(machineText.bmcSeen, seen.mac ? `${seen.address} (${seen.mac})` : seen.address)
          : null,
      ]}
    />
  );
}

function Devices({ machine: { inventory } }: { machine: Machine }) {
  const devices = inventory?.pciDevices ?? [];
  if (devices.length === 0) return null;
  return (
    <Card title={machineText.devices}>
      <details>
        <summary>{plural(devices.length, "PCI device")}</summary>
        <ul class="devices" tabIndex={0}>
          {devices.map(({ address, vendor, product, vendorName, productName, driver }) => (
            <li key={address}>
              <code class="faint">{address}</code> {vendorName ?? vendor} {productName ?? product}
              {" "}
              <span class="faint">{driver ?? ""}</span>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}
