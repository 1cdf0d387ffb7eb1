import { shell } from "../strings/shell.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { type Shortcut, shortcutsNow, spell } from "../ui/shortcuts.ts";

/** Every key that works here. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const all = shortcutsNow();
  return (
    <Dialog title={shell.keys} onClose={onClose}>
      <p class="muted">{shell.keysLead}</p>
      <Keys title={shell.keysHere} shortcuts={all.filter((each) => !each.isEverywhere)} />
      <Keys title={shell.keysEverywhere} shortcuts={all.filter((each) => each.isEverywhere)} />
    </Dialog>
  );
}

function Keys({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) {
  if (shortcuts.length === 0) return null;
  return (
    <section class="stack">
      <h3>{title}</h3>
      <dl class="shortcuts">
        {shortcuts.map(({ keys, label }) => [
          <dt key={keys}>{label}</dt>,
          <dd key={`${keys} keys`} class="row tight">
            {spell(keys).map((key) => <kbd key={key}>{key}</kbd>)}
          </dd>,
        ])}
      </dl>
    </section>
  );
}
