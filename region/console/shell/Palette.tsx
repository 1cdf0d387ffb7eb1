import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";
import { api } from "../api/client.ts";
import type { OutputOf } from "../api/api_schema.ts";
import { paths } from "../paths.ts";
import { ROUTES } from "../routes.ts";
import { shell } from "../strings/shell.ts";
import { type Command, commandsNow } from "../ui/commands.ts";
import { Icon } from "../ui/Icon.tsx";
import { Mark, toneOf } from "../ui/StatusBadge.tsx";

type Machine = OutputOf<"/machines", "get">["machines"][number];

interface Entry extends Command {
  readonly kind: string;
  readonly machine?: Machine;
}

const MACHINES_MAX = 8;
const WAIT_MS = 120;

/** Find a machine, go to a page, do something: by typing a part of its name. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const machines = useMachines(text.trim());
  useEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  const go = (path: string) => () => navigate(path);
  const pages: Entry[] = ROUTES.flatMap(({ path, nav }) =>
    nav ? [{ label: nav.label, icon: nav.icon, kind: shell.page, run: go(path) }] : []
  );
  const commands: Entry[] = commandsNow().map((each) => ({ ...each, kind: shell.action }));
  const found: Entry[] = machines.map((machine) => ({
    label: machine.hostname,
    kind: machine.status,
    machine,
    run: go(paths.machine(machine.systemId)),
  }));
  const entries = [...[...commands, ...pages].filter((each) => fits(each.label, text)), ...found];
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog palette"
      aria-label={shell.findName}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose(); // beside it
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={entries.length > 0 ? `palette-${chosen}` : undefined}
        aria-label={shell.findName}
        placeholder={shell.find}
        autofocus
        value={text}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined && entries.length > 0) {
            event.preventDefault();
            setAt((chosen + step + entries.length) % entries.length);
          }
          if (event.key === "Enter") run(entries[chosen]);
        }}
      />
      <ul id="palette-list" role="listbox" aria-label={shell.findName}>
        {entries.map((entry, i) => (
          <li
            key={`${entry.kind} ${entry.label} ${entry.machine?.systemId ?? ""}`}
            id={`palette-${i}`}
            role="option"
            aria-selected={i === chosen}
            onPointerMove={() => setAt(i)}
            onClick={() => run(entry)}
          >
            {entry.machine
              ? (
                <span class={`status tone-${toneOf(entry.machine.status)}`}>
                  <Mark tone={toneOf(entry.machine.status)} />
                </span>
              )
              : <Icon name={entry.icon ?? "right"} />}
            <span>{entry.label}</span>
            <span class="kind">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {entries.length === 0 ? <p class="card-body muted">{shell.findNothing}</p> : null}
    </dialog>
  );
}

function useMachines(q: string): readonly Machine[] {
  const [machines, setMachines] = useState<readonly Machine[]>([]);
  useEffect(() => {
    if (q === "") return setMachines([]);
    const left = new AbortController();
    const timer = setTimeout(() => {
      api.get("/machines", { query: { q, limit: MACHINES_MAX }, signal: left.signal })
        .then((page) => setMachines(page.machines), () => {}); // what is typed next asks again
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [q]);
  return machines;
}

function fits(label: string, text: string): boolean {
  return text.toLowerCase().split(/\s+/).every((word) => label.toLowerCase().includes(word));
}
