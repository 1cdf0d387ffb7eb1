import { useState } from "preact/hooks";
import { useObservation } from "../../api/agent_observation.ts";
import { api } from "../../api/client.ts";
import { refresh } from "../../api/queries.ts";
import { startText } from "../../strings/start.ts";
import { Button } from "../../ui/Button.tsx";
import { CheckField, SelectField, TextField } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { Note, ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import { Checks } from "../sites/Checks.tsx";
import { suggestSubnet } from "./suggest_subnet.ts";

const EVERY_MS = 2000;

interface Draft {
  readonly isServed: boolean;
  readonly mode: "serve" | "proxy";
  readonly first: string;
  readonly last: string;
  readonly gateway: string;
  readonly dns: string;
}

/** The host's own networks, each with what it would become. */
export function NetworkStep(
  { siteId, agentId, onLater }: { siteId: string; agentId: string; onLater: () => void },
) {
  const { observed } = useObservation(agentId, EVERY_MS);
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({});
  const found = (observed?.networks ?? []).flatMap((network) => {
    const suggested = suggestSubnet(network.cidr);
    return suggested ? [{ ...network, suggested }] : [];
  });
  const draftOf = (cidr: string, suggested: NonNullable<ReturnType<typeof suggestSubnet>>): Draft =>
    drafts[cidr] ?? { isServed: false, mode: "serve", dns: suggested.gateway, ...suggested };
  const chosen = found.filter(({ suggested }) => draftOf(suggested.cidr, suggested).isServed);
  const action = useAction(async () => {
    for (const { suggested } of chosen) {
      const draft = draftOf(suggested.cidr, suggested);
      const subnet = await api.post("/subnets", {
        json: {
          siteId,
          cidr: suggested.cidr,
          dhcpMode: draft.mode,
          ...(draft.gateway.trim() ? { gateway: draft.gateway.trim() } : {}),
          dnsServers: draft.dns.split(",").map((each) => each.trim()).filter(Boolean),
        },
      });
      if (draft.mode !== "serve") continue;
      await api.post("/ip-ranges", {
        json: {
          subnetId: subnet.id,
          kind: "dynamic",
          first: draft.first.trim(),
          last: draft.last.trim(),
        },
      });
    }
    refresh("/subnets");
  });
  if (!observed) {
    return (
      <div class="row muted" role="status">
        <span class="spinner" aria-hidden="true" />
        {startText.networksWaiting}
      </div>
    );
  }
  return (
    <div class="stack">
      {found.length === 0 ? <Note tone="caution">{startText.networksNone}</Note> : null}
      {found.map(({ interfaceName, cidr, suggested }) => (
        <OneNetwork
          key={`${interfaceName} ${cidr}`}
          interfaceName={interfaceName}
          hostCidr={cidr}
          cidr={suggested.cidr}
          draft={draftOf(suggested.cidr, suggested)}
          onChange={(draft) => setDrafts({ ...drafts, [suggested.cidr]: draft })}
        />
      ))}
      <details>
        <summary>{startText.checks}</summary>
        <Checks checks={observed.checks} />
      </details>
      <ProblemNote problem={action.problem} />
      <div class="row">
        <Button
          kind="primary"
          isBusy={action.isBusy}
          disabled={chosen.length === 0}
          onClick={action.run}
        >
          {startText.serveAll(plural(chosen.length, "network"))}
        </Button>
        <Button kind="quiet" onClick={onLater}>{startText.later}</Button>
      </div>
    </div>
  );
}

function OneNetwork(
  { interfaceName, hostCidr, cidr, draft, onChange }: {
    interfaceName: string;
    hostCidr: string;
    cidr: string;
    draft: Draft;
    onChange: (next: Draft) => void;
  },
) {
  const set = (name: keyof Draft) => (value: string) => onChange({ ...draft, [name]: value });
  return (
    <fieldset class="group">
      <legend>
        <CheckField
          label={
            <>
              {startText.serve} <code>{cidr}</code>
            </>
          }
          hint={`${startText.onInterface} ${interfaceName}, ${startText.hostAddress} ${hostCidr}`}
          checked={draft.isServed}
          onChange={(isServed) => onChange({ ...draft, isServed })}
        />
      </legend>
      {draft.isServed
        ? (
          <>
            <SelectField
              label={startText.mode}
              value={draft.mode}
              options={(["serve", "proxy"] as const).map((value) => ({
                value,
                label: startText.modes[value],
              }))}
              onChange={set("mode")}
            />
            {draft.mode === "serve"
              ? (
                <div class="pair">
                  <TextField
                    label={`${startText.range}: first`}
                    value={draft.first}
                    onInput={set("first")}
                    isMono
                    hasNoMemory
                  />
                  <TextField
                    label={`${startText.range}: last`}
                    value={draft.last}
                    onInput={set("last")}
                    isMono
                    hasNoMemory
                  />
                </div>
              )
              : null}
            <div class="pair">
              <TextField
                label={startText.gateway}
                value={draft.gateway}
                onInput={set("gateway")}
                isMono
                hasNoMemory
              />
              <TextField
                label={startText.dns}
                hint={startText.dnsHint}
                value={draft.dns}
                onInput={set("dns")}
                isMono
                hasNoMemory
              />
            </div>
          </>
        )
        : null}
    </fieldset>
  );
}
