import { useApi } from "../../api/queries.ts";
import { subnetText } from "../../strings/networks.ts";
import { formatCount } from "../../ui/format.ts";
import { Loaded } from "../../ui/Loaded.tsx";
import { Card, Facts } from "../../ui/Page.tsx";

const EVERY_MS = 30_000;
const NEARLY_FULL_PERCENT = 90;

/** How full a subnet is, by who has its addresses. */
export function UseCard({ subnetId }: { subnetId: number }) {
  const use = useApi("/subnets/:subnetId/utilisation", { param: { subnetId } }, {
    everyMs: EVERY_MS,
  });
  return (
    <Card title={subnetText.use}>
      <Loaded read={use}>
        {(now) => {
          const tone = now.usedPercent >= NEARLY_FULL_PERCENT ? "tone-bad" : "tone-good";
          return (
            <div class="stack">
              <strong>
                {subnetText.usedOf(formatCount(now.used), formatCount(now.total), now.usedPercent)}
              </strong>
              <span class={`meter ${tone}`} aria-hidden="true">
                <span style={{ width: `${Math.min(100, now.usedPercent)}%` }} />
              </span>
              <Facts
                items={[
                  [subnetText.uses.machine, formatCount(now.static + now.auto)],
                  [subnetText.reservations, formatCount(now.reservations)],
                  now.user === 0 ? null : [subnetText.uses.user, formatCount(now.user)],
                  [subnetText.leases, formatCount(now.leases)],
                  [subnetText.inDynamic, formatCount(now.dynamic)],
                  [subnetText.inReserved, formatCount(now.reserved)],
                  [subnetText.available, formatCount(now.available)],
                  [subnetText.largestFree, formatCount(now.largestFree)],
                ]}
              />
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}
