import type { KnownFact } from "@/shared/contract/facts.ts";
import { type Read, useAsk } from "./queries.ts";

/** How an agent's host was when it last told. */
export type Observation = Extract<KnownFact, { kind: "agent.observed" }>;

interface Facts {
  readonly facts: readonly { readonly at: string; readonly body: Observation }[];
}

/** The latest that the agent told of its host; undefined: nothing yet. */
export function useObservation(
  agentId: string | undefined,
  everyMs: number,
): Read<Facts> & { readonly observed: Observation | undefined } {
  const read = useAsk<Facts>(
    "/facts",
    { query: { agentId, kind: "agent.observed", sort: "-seq", limit: 1 } },
    { isEnabled: agentId !== undefined, everyMs },
  );
  return { ...read, observed: read.data?.facts[0]?.body };
}
