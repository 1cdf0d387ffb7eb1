import { useState } from "preact/hooks";
import type { OutputOf } from "../../api/api_schema.ts";
import { api, ApiError } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { settingsText, ssoText } from "../../strings/settings.ts";
import { Button } from "../../ui/Button.tsx";
import { ConfirmDialog } from "../../ui/ConfirmDialog.tsx";
import { CopyField } from "../../ui/CopyField.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { Card } from "../../ui/Page.tsx";
import { Note, ProblemNote, Unread, Waiting } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import { ProviderForm } from "./ProviderForm.tsx";

export type Provider = OutputOf<"/identity-provider", "get">;

/** The OpenID provider that people may sign in with. */
export function ProviderSection() {
  const { data, error, refetch } = useApi("/identity-provider");
  const [isSettingUp, setSettingUp] = useState(false);
  const isAbsent = error instanceof ApiError && error.problem.status === 404;
  if (isAbsent && !isSettingUp) {
    return (
      <Card>
        <EmptyState
          icon="lock"
          title={ssoText.emptyTitle}
          actions={
            <Button kind="primary" onClick={() => setSettingUp(true)}>{ssoText.setUp}</Button>
          }
        >
          {ssoText.emptyText}
        </EmptyState>
      </Card>
    );
  }
  if (isAbsent) return <ProviderForm provider={undefined} />;
  if (data === undefined) {
    return error ? <Unread error={error} onRetry={refetch} /> : <Waiting />;
  }
  return (
    <>
      <p class="muted">{ssoText.lead}</p>
      <CheckCard provider={data} />
      <ProviderForm key={data.version} provider={data} />
    </>
  );
}

function CheckCard({ provider }: { provider: Provider }) {
  const [found, setFound] = useState<OutputOf<"/identity-provider/check", "post">>();
  const [isLeaving, setLeaving] = useState(false);
  const action = useAction(async () => {
    setFound(undefined);
    setFound(await api.post("/identity-provider/check"));
  });
  return (
    <Card
      title={provider.label}
      actions={
        <>
          <Button isSmall isBusy={action.isBusy} onClick={action.run}>{ssoText.check}</Button>
          <Button isSmall icon="trash" onClick={() => setLeaving(true)}>
            {settingsText.remove}
          </Button>
        </>
      }
    >
      <div class="stack">
        <div class="field">
          <span class="label">{ssoText.redirectUri}</span>
          <CopyField text={provider.redirectUri} what={ssoText.redirectUri} />
          <span class="hint">{ssoText.redirectHint}</span>
        </div>
        {found
          ? <Note tone="good" role="status">{ssoText.checked(found.issuer, found.keys)}</Note>
          : null}
        <ProblemNote problem={action.problem} />
      </div>
      {isLeaving
        ? (
          <ConfirmDialog
            title={settingsText.removeTitle(ssoText.provider)}
            deed={settingsText.remove}
            isDangerous
            typed={provider.label}
            run={async () => {
              await api.delete("/identity-provider", { ifMatch: provider.version });
              refresh("/identity-provider");
            }}
            onClose={() => setLeaving(false)}
          >
            <p>{ssoText.removeText}</p>
          </ConfirmDialog>
        )
        : null}
    </Card>
  );
}
