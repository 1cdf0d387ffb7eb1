import { type Observation, useObservation } from "../../api/agent_observation.ts";
import { serviceText, sitesText } from "../../strings/sites.ts";
import { formatBytes, formatCount, plural } from "../../ui/format.ts";
import { Card, Facts } from "../../ui/Page.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import { Checks } from "./Checks.tsx";
import { ServicesTable } from "./ServicesTable.tsx";
import type { Agent } from "./SitesPage.tsx";

const EVERY_MS = 30_000;

/** How an agent's host is, as it told last: link, networks, checks, and what its services counted. */
export function HostCard({ agent }: { agent: Agent }) {
  const { observed, data } = useObservation(agent.id, EVERY_MS);
  if (!data) return null;
  if (!observed) {
    return (
      <Card title={agent.hostname}>
        <p class="muted">{sitesText.notObserved}</p>
      </Card>
    );
  }
  const { networks, served, checks, leases, factsWaiting, generation, cache, counters } = observed;
  const states = new Map(served.map(({ cidr, state }) => [cidr, state]));
  return (
    <Card
      title={<>{sitesText.host} {agent.hostname}</>}
      actions={
        <span class="faint small">
          {sitesText.asOf} <TimeAgo at={observed.at} />
        </span>
      }
    >
      <div class="grid">
        <Facts
          items={[
            [
              sitesText.hostNetworks,
              networks.map(({ interfaceName, cidr }) => (
                <div key={`${interfaceName} ${cidr}`}>
                  <code>{cidr}</code> <span class="faint">{interfaceName}</span>
                </div>
              )),
            ],
            [
              sitesText.served,
              states.size === 0
                ? sitesText.servesNothing
                : [...states].map(([cidr, state]) => (
                  <div key={cidr}>
                    <code>{cidr}</code> <span class="faint">{state}</span>
                  </div>
                )),
            ],
            [sitesText.leases, formatCount(leases)],
            cache === undefined ? null : [serviceText.cache, <Cache key="cache" cache={cache} />],
            [sitesText.factsWaiting, formatCount(factsWaiting)],
            [sitesText.state, generation === undefined ? "–" : sitesText.stateNow(generation)],
          ]}
        />
        <section class="stack tight">
          <h3>{sitesText.checks}</h3>
          <Checks checks={checks} />
        </section>
      </div>
      <ServicesTable counters={counters} />
      <details>
        <summary>{sitesText.counters}</summary>
        <Counters counters={counters} />
      </details>
    </Card>
  );
}

function Cache({ cache }: { cache: NonNullable<Observation["cache"]> }) {
  const { files, bytes, limitBytes } = cache;
  return (
    <>
      {serviceText.cacheOf(plural(files, "file"), formatBytes(bytes))} {limitBytes === undefined
        ? null
        : <span class="faint">{serviceText.cacheLimit(formatBytes(limitBytes))}</span>}
    </>
  );
}

function Counters({ counters }: { counters: Observation["counters"] }) {
  return (
    <dl class="counters">
      {flatten(counters).map(([name, value]) => (
        <div key={name}>
          <dt class="muted">{name}</dt>
          <dd class="num">{formatCount(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** `dhcp.received`, `tftp.transfers.done` and the like: whatever has been counted at all. */
function flatten(value: unknown, name = ""): [string, number][] {
  if (typeof value === "number") return value === 0 ? [] : [[name, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, name === "" ? key : `${name}.${key}`)
  );
}
