import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api } from "../../api/client.ts";
import { useEvery } from "../../api/every_page.ts";
import { refresh } from "../../api/queries.ts";
import { mayAct, session } from "../../api/session.ts";
import { useStore } from "../../api/store.ts";
import { networksText, optionsText } from "../../strings/networks.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Table } from "../../ui/Table.tsx";
import { OptionDialog } from "./OptionDialog.tsx";

export type DhcpOption = OutputOf<"/dhcp-options", "get">["dhcpOptions"][number];

/** For whom an option is; none of them: everybody. */
export interface OptionScope {
  readonly siteId?: string;
  readonly subnetId?: number;
}

/** DHCP options that people added: of one place, or with no `scope` all there are. */
export function OptionsCard({ scope }: { scope?: OptionScope }) {
  const isAdmin = useStore(session, (it) => mayAct("admin", it));
  const options = useEvery("/dhcp-options", "dhcpOptions", { ...scope });
  const [editing, setEditing] = useState<DhcpOption | "new">();
  const [leaving, setLeaving] = useState<DhcpOption>();
  return (
    <Card
      title={optionsText.title}
      isBare
      actions={isAdmin
        ? <Button isSmall icon="plus" onClick={() => setEditing("new")}>{optionsText.add}</Button>
        : null}
    >
      <Loaded read={options} isInCard>
        {(all) =>
          all.length === 0 ? <p class="card-body muted">{optionsText.none}</p> : (
            <Table<DhcpOption>
              label={optionsText.title}
              rows={all}
              keyOf={({ id }) => id}
              columns={[
                {
                  key: "code",
                  title: optionsText.option,
                  cell: ({ code, name, isEnabled }) => (
                    <span class="row tight">
                      <strong class="num">{code}</strong>
                      <span class="muted">{name}</span>
                      {isEnabled ? null : <span class="tag">{optionsText.isOff}</span>}
                    </span>
                  ),
                },
                {
                  key: "value",
                  title: optionsText.value,
                  cell: ({ value, hex }) => (
                    <code class="wrap" title={`${optionsText.bytes}: ${hex}`}>{value}</code>
                  ),
                },
                ...(scope === undefined
                  ? [{
                    key: "for",
                    title: optionsText.forWhom,
                    cell: (option: DhcpOption) => <ForWhom option={option} />,
                  }]
                  : []),
                {
                  key: "description",
                  title: optionsText.description,
                  cell: ({ description }) => description,
                },
                {
                  key: "actions",
                  title: "",
                  isRight: true,
                  cell: (option) =>
                    isAdmin
                      ? (
                        <span class="row tight end">
                          <Button
                            isSmall
                            kind="quiet"
                            icon="edit"
                            label={optionsText.change(option.code)}
                            onClick={() => setEditing(option)}
                          />
                          <Button
                            isSmall
                            kind="quiet"
                            icon="trash"
                            label={`${networksText.remove} ${optionsText.name(option.code)}`}
                            onClick={() => setLeaving(option)}
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
          <OptionDialog
            scope={scope}
            option={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
          />
        )
        : null}
      {leaving
        ? (
          <ConfirmDialog
            title={optionsText.removeTitle(leaving.code)}
            deed={networksText.remove}
            isDangerous
            run={async () => {
              await api.delete("/dhcp-options/:dhcpOptionId", {
                param: { dhcpOptionId: leaving.id },
                ifMatch: leaving.version,
              });
              refresh("/dhcp-options");
            }}
            onClose={() => setLeaving(undefined)}
          >
            <p>{optionsText.removeText}</p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}

function ForWhom({ option: { siteId, subnetId, machineId } }: { option: DhcpOption }) {
  const sites = useEvery("/sites", "sites");
  const subnets = useEvery("/subnets", "subnets");
  if (machineId !== null) return <>{optionsText.machine}</>;
  if (subnetId !== null) {
    const subnet = subnets.data?.find(({ id }) => id === subnetId);
    return <>{optionsText.subnet(subnet?.cidr ?? String(subnetId))}</>;
  }
  if (siteId === null) return <>{optionsText.everybody}</>;
  const site = sites.data?.find(({ id }) => id === siteId);
  return <>{optionsText.site(site?.name ?? siteId)}</>;
}
