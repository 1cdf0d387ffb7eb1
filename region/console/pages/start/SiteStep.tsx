import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { refresh, useApi } from "../../api/queries.ts";
import { sitesText } from "../../strings/sites.ts";
import { startText } from "../../strings/start.ts";
import { Button } from "../../ui/Button.tsx";
import { faultOf, TextField } from "../../ui/Field.tsx";
import { ProblemNote } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";

/** A name, or a site that is there already. */
export function SiteStep({ onChosen }: { onChosen: (siteId: string) => void }) {
  const [name, setName] = useState("");
  const { data } = useApi("/sites", { query: { limit: 200 } });
  const sites = data?.sites ?? [];
  const action = useAction(async () => {
    const site = await api.post("/sites", { json: { name: name.trim(), enlist: true } });
    refresh("/sites");
    onChosen(site.id);
  });
  return (
    <form
      class="stack narrow"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        action.run();
      }}
    >
      <TextField
        label={sitesText.name}
        hint={sitesText.nameHint}
        value={name}
        onInput={setName}
        fault={faultOf(action.problem, "name")}
        isFirst
        hasNoMemory
      />
      <ProblemNote problem={action.problem} />
      <div>
        <Button type="submit" kind="primary" isBusy={action.isBusy}>{startText.site}</Button>
      </div>
      {sites.length > 0
        ? (
          <div class="stack tight">
            <p class="muted">{startText.existing}:</p>
            <div class="row">
              {sites.map(({ id, name }) => (
                <Button key={id} isSmall onClick={() => onChosen(id)}>{name}</Button>
              ))}
            </div>
          </div>
        )
        : null}
    </form>
  );
}
