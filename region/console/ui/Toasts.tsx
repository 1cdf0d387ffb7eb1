import { useStore } from "../api/store.ts";
import { words } from "../strings/words.ts";
import { Button } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import { dropToast, toasts } from "./toasts.ts";

/** Short news of what was just done; read out by screen readers. */
export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map(({ id, tone, text, action }) => (
        <div key={id} class={`toast tone-${tone}`}>
          <Icon name={tone === "bad" ? "error" : tone === "caution" ? "warning" : "done"} />
          <div class="grow">{text}</div>
          {action
            ? (
              <Button
                isSmall
                onClick={() => {
                  action.run();
                  dropToast(id);
                }}
              >
                {action.label}
              </Button>
            )
            : null}
          <Button
            kind="quiet"
            icon="close"
            isSmall
            label={words.dismiss}
            onClick={() => dropToast(id)}
          />
        </div>
      ))}
    </div>
  );
}
