import type { ComponentChildren } from "preact";
import type { Problem } from "@/shared/contract/problem.ts";
import { toProblem } from "../api/client.ts";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";

export type Tone = "good" | "ready" | "busy" | "caution" | "bad" | "idle";

const ICONS: Record<Tone, IconName> = {
  good: "done",
  ready: "done",
  busy: "info",
  caution: "warning",
  bad: "error",
  idle: "info",
};

/** A few words that belong to what is around them. */
export function Note(
  { tone, children, more, role }: {
    tone: Tone;
    children: ComponentChildren;
    more?: ComponentChildren;
    role?: "alert" | "status";
  },
) {
  return (
    <div class={`note tone-${tone}`} role={role}>
      <Icon name={ICONS[tone]} />
      <div class="grow">
        <div>{children}</div>
        {more ? <div class="more">{more}</div> : null}
      </div>
    </div>
  );
}

/** A refusal (RFC 9457) as a person needs it: what is wrong, with which value, what would do. */
export function ProblemNote({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  const others = problem.errors?.filter(({ detail }) => detail !== problem.detail) ?? [];
  return (
    <Note
      tone="bad"
      role="alert"
      more={
        <>
          {problem.accepted ? <div>{words.accepted}: {problem.accepted}</div> : null}
          {others.map(({ field, detail, accepted, line }) => (
            <div key={`${line}${field}`}>
              {line === undefined ? null : words.line(line)} <code>{field}</code>: {detail}
              {accepted ? ` (${accepted})` : ""}
            </div>
          ))}
          <div class="faint">
            <code>{problem.code}</code>
            {problem.requestId
              ? (
                <>
                  {" "}· {words.request} <code>{problem.requestId}</code>
                </>
              )
              : null}
          </div>
        </>
      }
    >
      {problem.detail}
    </Note>
  );
}

/** In place of what could not be read. */
export function Unread({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div class="stack">
      <ProblemNote problem={toProblem(error)} />
      {onRetry
        ? (
          <div>
            <Button icon="retry" isSmall onClick={onRetry}>{words.tryAgain}</Button>
          </div>
        )
        : null}
    </div>
  );
}

/** While it is read. */
export function Waiting() {
  return (
    <div class="wait" role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="unseen">{words.loading}</span>
    </div>
  );
}
