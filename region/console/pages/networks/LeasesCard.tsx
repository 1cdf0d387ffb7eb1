import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { subnetText } from "../../strings/networks.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card } from "../../ui/Page.tsx";
import { Table } from "../../ui/Table.tsx";
import { TimeAgo } from "../../ui/Time.tsx";

type Lease = OutputOf<"/leases", "get">["leases"][number];

const EVERY_MS = 15_000;

/** Addresses that DHCP gave and that are still held: of a subnet, or of a whole site. */
export function LeasesCard(
  { query, empty = subnetText.noLeases }: {
    query: { readonly subnetId: number } | { readonly siteId: string };
    empty?: string;
  },
) {
  const leases = useApi("/leases", { query: { ...query, open: true, limit: 200 } }, {
    everyMs: EVERY_MS,
  });
  return (
    <Card title={subnetText.leases} isBare>
      <Loaded read={leases} isInCard>
        {(data) =>
          data.leases.length === 0 ? <p class="card-body muted">{empty}</p> : (
            <Table<Lease>
              label={subnetText.leases}
              rows={data.leases}
              keyOf={({ id }) => id}
              columns={[
                { key: "ip", title: subnetText.address, cell: ({ ipv4 }) => <code>{ipv4}</code> },
                { key: "mac", title: subnetText.mac, cell: ({ mac }) => <code>{mac}</code> },
                { key: "host", title: subnetText.hostname, cell: ({ hostname }) => hostname },
                {
                  key: "given",
                  title: subnetText.given,
                  cell: ({ givenAt }) => <TimeAgo at={givenAt} />,
                },
              ]}
            />
          )}
      </Loaded>
    </Card>
  );
}
