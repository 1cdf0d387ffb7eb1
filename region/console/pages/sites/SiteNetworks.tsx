import { Link } from "wouter-preact";
import type { OutputOf } from "../../api/api_schema.ts";
import { useApi } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { sitesText } from "../../strings/sites.ts";
import { formatCount } from "../../ui/format.ts";
import { Card } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { Table } from "../../ui/Table.tsx";

type Subnet = OutputOf<"/subnets", "get">["subnets"][number];

/** What a site serves, and how full it is. */
export function SiteNetworks({ siteId }: { siteId: string }) {
  const { data, error } = useApi("/subnets", { query: { siteId, limit: 200 } });
  return (
    <Card title={sitesText.subnets} isBare>
      {error
        ? (
          <div class="card-body">
            <Unread error={error} />
          </div>
        )
        : data === undefined
        ? <Waiting />
        : data.subnets.length === 0
        ? <p class="card-body muted">{sitesText.noSubnets}</p>
        : (
          <Table<Subnet>
            label={sitesText.subnets}
            rows={data.subnets}
            keyOf={({ id }) => id}
            columns={[
              {
                key: "cidr",
                title: sitesText.subnet,
                cell: ({ id, cidr, name }) => (
                  <Link href={`${paths.networks}/subnets/${id}`}>
                    <code>{cidr}</code> {name === cidr ? "" : name}
                  </Link>
                ),
              },
              {
                key: "dhcp",
                title: sitesText.dhcp,
                cell: ({ dhcpMode }) => sitesText.dhcpModes[dhcpMode],
              },
              { key: "used", title: sitesText.used, cell: ({ id }) => <Use subnetId={id} /> },
            ]}
          />
        )}
    </Card>
  );
}

const NEARLY_FULL_PERCENT = 90;

export function Use({ subnetId }: { subnetId: number }) {
  const { data } = useApi("/subnets/:subnetId/utilisation", { param: { subnetId } });
  if (!data) return null;
  const { used, total, usedPercent } = data;
  const tone = usedPercent >= NEARLY_FULL_PERCENT ? "tone-bad" : "tone-good";
  return (
    <div class="stack tight">
      <span class="num">{sitesText.usedOf(formatCount(used), formatCount(total))}</span>
      <span class={`meter ${tone}`} aria-hidden="true">
        <span style={{ width: `${Math.min(100, usedPercent)}%` }} />
      </span>
    </div>
  );
}
