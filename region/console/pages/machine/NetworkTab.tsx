import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import type { OutputOf } from "../../api/api_schema.ts";
import { refresh, useApi } from "../../api/queries.ts";
import type { Me } from "../../api/session.ts";
import { machineText } from "../../strings/machine.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyButton } from "../../ui/CopyField.tsx";
import { Card } from "../../ui/Page.tsx";
import { Note, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Table } from "../../ui/Table.tsx";
import { toastError } from "../../ui/toasts.ts";
import { AddLinkDialog } from "./AddLinkDialog.tsx";
import type { Machine } from "./why_not.ts";

export type Interface = OutputOf<"/machines/:systemId/interfaces", "get">["interfaces"][number];

/** How it is connected, and what a deploy would make of that. */
export function NetworkTab({ machine, me }: { machine: Machine; me: Me }) {
  const { systemId, inventory } = machine;
  const { data, error } = useApi("/machines/:systemId/interfaces", { param: { systemId } });
  const [linking, setLinking] = useState<Interface>();
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  const { interfaces } = data;
  const mayChange = me.actingRole !== "viewer";
  const names = new Map(interfaces.map(({ id, name }) => [id, name]));
  const seen = new Map(inventory?.interfaces.map((each) => [each.mac, each]));
  const removeLink = async (each: Interface, linkId: number) => {
    await api.delete("/machines/:systemId/interfaces/:interfaceId/links/:linkId", {
      param: { systemId, interfaceId: each.id, linkId },
      ifMatch: each.version,
    });
    refresh("/machines/:systemId", { systemId });
  };
  return (
    <div class="stack">
      <Card title={machineText.interfaces} isBare>
        {interfaces.length === 0
          ? <p class="card-body muted">{machineText.noInterfaces}</p>
          : (
            <Table<Interface>
              label={machineText.interfaces}
              rows={interfaces}
              keyOf={({ id }) => id}
              columns={[
                {
                  key: "name",
                  title: machineText.iface,
                  cell: ({ name, kind, parentIds }) => (
                    <>
                      <strong>{name}</strong>
                      <div class="faint small">
                        {kind} {parentIds.length > 0
                          ? machineText.madeOf(parentIds.map((id) => names.get(id)).join(", "))
                          : ""}
                      </div>
                    </>
                  ),
                },
                { key: "mac", title: machineText.mac, cell: ({ mac }) => <code>{mac}</code> },
                {
                  key: "link",
                  title: machineText.link,
                  cell: ({ mac }) => {
                    const port = seen.get(mac ?? "");
                    if (!port) return "";
                    if (port.linkUp === false) {return (
                        <span class="faint">{machineText.linkDown}</span>
                      );}
                    return port.speedMbps && port.speedMbps > 0
                      ? machineText.speed(port.speedMbps)
                      : "";
                  },
                },
                { key: "vlan", title: machineText.vlan, cell: ({ vid }) => vid ?? "" },
                {
                  key: "mtu",
                  title: machineText.mtu,
                  isRight: true,
                  cell: ({ effectiveMtu }) => effectiveMtu,
                },
                {
                  key: "links",
                  title: machineText.addresses,
                  cell: (each) => (
                    <div class="stack tight">
                      {each.links.map(({ id, mode, ip, cidr }) => (
                        <span key={id} class="row tight">
                          <code>{ip ?? cidr ?? ""}</code>
                          <span class="faint">{machineText.linkShort[mode]}</span>
                          {mayChange
                            ? (
                              <Button
                                kind="quiet"
                                isSmall
                                icon="close"
                                label={machineText.removeLink}
                                onClick={() => void removeLink(each, id).catch(toastError)}
                              />
                            )
                            : null}
                        </span>
                      ))}
                      {mayChange
                        ? (
                          <div>
                            <Button isSmall icon="plus" onClick={() => setLinking(each)}>
                              {machineText.addLink}
                            </Button>
                          </div>
                        )
                        : null}
                    </div>
                  ),
                },
              ]}
            />
          )}
      </Card>
      <Netplan systemId={systemId} />
      {linking
        ? (
          <AddLinkDialog
            machine={machine}
            iface={linking}
            onClose={() => setLinking(undefined)}
          />
        )
        : null}
    </div>
  );
}

function Netplan({ systemId }: { systemId: string }) {
  const { data, error } = useApi("/machines/:systemId/netplan", { param: { systemId } });
  return (
    <Card
      title={machineText.netplan}
      actions={data?.netplan ? <CopyButton text={data.netplan} what={machineText.netplan} /> : null}
    >
      {error
        ? <Unread error={error} />
        : !data
        ? <Waiting />
        : data.refusal
        ? (
          <Note tone="caution" more={<code>{data.refusal.code}</code>}>
            {machineText.netplanRefused}: {data.refusal.detail}
          </Note>
        )
        : <pre class="code-block" tabIndex={0}>{data.netplan}</pre>}
    </Card>
  );
}
