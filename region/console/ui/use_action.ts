import { useState } from "preact/hooks";
import type { Problem } from "@/shared/contract/problem.ts";
import { toProblem } from "../api/client.ts";

export interface Action<A extends unknown[]> {
  readonly run: (...args: A) => void;
  readonly isBusy: boolean;
  /** Why it was refused the last time. */
  readonly problem: Problem | undefined;
  readonly clear: () => void;
}

/** Something that a person starts: busy while it runs, and its refusal kept to be shown. */
export function useAction<A extends unknown[]>(
  work: (...args: A) => Promise<unknown>,
): Action<A> {
  const [state, setState] = useState<{ isBusy: boolean; problem?: Problem }>({ isBusy: false });
  return {
    isBusy: state.isBusy,
    problem: state.problem,
    clear: () => setState({ isBusy: false }),
    run: (...args) => {
      if (state.isBusy) return;
      setState({ isBusy: true });
      work(...args).then(
        () => setState({ isBusy: false }),
        (error) => setState({ isBusy: false, problem: toProblem(error) }),
      );
    },
  };
}
