import { useApi } from "../../api/queries.ts";
import { activityText } from "../../strings/activity.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyButton } from "../../ui/CopyField.tsx";
import { formatCount } from "../../ui/format.ts";
import { Note, Unread } from "../../ui/ProblemNote.tsx";

/** Whether the audit's entries are as they were written: walked once when the page is opened. */
export function ChainCard() {
  const { data, error, isLoading, refetch } = useApi("/audit/verification");
  if (error && data === undefined) return <Unread error={error} onRetry={refetch} />;
  if (data === undefined || isLoading) {
    return <Note tone="busy" role="status">{activityText.verifying}</Note>;
  }
  const { isIntact, checked, firstBroken, head } = data;
  return (
    <Note
      tone={isIntact ? "good" : "bad"}
      role={isIntact ? "status" : "alert"}
      more={
        <div class="stack tight">
          <span>{isIntact ? activityText.chainLead : activityText.brokenText}</span>
          <span class="row tight">
            {activityText.head}: {activityText.position(head.position)}{" "}
            <code class="cut chain-hash" title={activityText.headHint}>{head.hash}</code>
            <CopyButton text={`${head.position} ${head.hash}`} what={activityText.head} />
            <Button isSmall kind="quiet" icon="retry" onClick={refetch}>
              {activityText.verifyAgain}
            </Button>
          </span>
        </div>
      }
    >
      <strong>
        {isIntact || firstBroken === null
          ? activityText.intact(formatCount(checked))
          : activityText.broken(firstBroken.position, activityText.reasons[firstBroken.reason])}
      </strong>
    </Note>
  );
}
