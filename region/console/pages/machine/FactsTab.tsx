import { useAsk } from "../../api/queries.ts";
import { machineText } from "../../strings/machine.ts";
import { Card } from "../../ui/Page.tsx";
import { Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { TimeAgo } from "../../ui/Time.tsx";
import type { Machine } from "./why_not.ts";

/** A fact's body is whatever its agent told: the route cannot type it. */
interface Fact {
  readonly agentId: string;
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const SHOWN = 200;
/** Said by the columns already. */
const KNOWN = ["seq", "at", "monoMs", "kind", "systemId", "operationId"];

/** Everything that agents told of the machine, as they told it. */
export function FactsTab({ machine: { systemId, inventory } }: { machine: Machine }) {
  const { data, error } = useAsk<{ facts: readonly Fact[] }>(
    "/facts",
    { query: { machine: systemId, sort: "-at", limit: SHOWN } },
  );
  if (error) return <Unread error={error} />;
  if (!data) return <Waiting />;
  return (
    <div class="stack">
      {inventory
        ? (
          <Card>
            <details>
              <summary>{machineText.inventory}</summary>
              <pre class="code-block" tabIndex={0}>{JSON.stringify(inventory, null, 2)}</pre>
            </details>
          </Card>
        )
        : null}
      <Card isBare>
        {data.facts.length === 0
          ? <p class="card-body muted">{machineText.noFacts}</p>
          : (
            <div class="table-wrap" tabIndex={0} role="region" aria-label={machineText.tabs.facts}>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">{machineText.factAt}</th>
                    <th scope="col">{machineText.factKind}</th>
                    <th scope="col">{machineText.factBody}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.facts.map(({ agentId, seq, at, kind, body }) => (
                    <tr key={`${agentId} ${seq}`}>
                      <td>
                        <TimeAgo at={at} />
                      </td>
                      <td class="nowrap">{kind}</td>
                      <td>
                        <code class="fact-body">{textOf(body)}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
      </Card>
    </div>
  );
}

const TEXT_CHARS_MAX = 600;

function textOf(body: Fact["body"]): string {
  const rest = Object.entries(body).filter(([name]) => !KNOWN.includes(name));
  const text = rest.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX)}…` : text;
}
