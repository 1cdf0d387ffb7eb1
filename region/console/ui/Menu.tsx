import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button, type ButtonProps } from "./Button.tsx";
import { Icon, type IconName } from "./Icon.tsx";

interface Item {
  readonly kind?: undefined;
  readonly label: string;
  readonly icon?: IconName;
  readonly isDangerous?: boolean;
  /** Why not now. */
  readonly why?: string;
  readonly run: () => void;
}

interface ChoiceItem {
  readonly kind: "check" | "radio";
  readonly label: string;
  readonly isOn: boolean;
  readonly run: () => void;
}

export type MenuItem =
  | Item
  | ChoiceItem
  | { readonly kind: "title"; readonly label: string }
  | { readonly kind: "line" };

type MenuButtonProps = Omit<ButtonProps, "onClick" | "kind"> & {
  /** A function where they are dear to make: it is called while the menu is open only. */
  readonly items: readonly MenuItem[] | (() => readonly MenuItem[]);
  readonly look?: ButtonProps["kind"];
  readonly children?: ComponentChildren;
  /** Another look than a button's. */
  readonly class?: string;
};

/** A button that opens a menu; arrows, Home, End, Enter and Escape do what they do in menus. */
export function MenuButton({ items, look, class: className, ...button }: MenuButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const holder = useRef<HTMLSpanElement>(null);
  return (
    <span ref={holder} class={className ?? "menu-holder"}>
      <Button
        {...button}
        kind={look}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        data-menu={id}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen
        ? (
          <MenuPanel
            items={typeof items === "function" ? items() : items}
            anchor={() => holder.current?.querySelector("button") ?? undefined}
            onClose={() => setOpen(false)}
          />
        )
        : null}
    </span>
  );
}

function MenuPanel(
  { items, anchor, onClose }: {
    items: readonly MenuItem[];
    anchor: () => HTMLElement | undefined;
    onClose: () => void;
  },
) {
  const panel = useRef<HTMLDivElement>(null);
  const entries =
    () => [...(panel.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
  useEffect(() => {
    const at = anchor();
    const element = panel.current;
    if (!element || !at) return;
    element.showPopover();
    place(element, at.getBoundingClientRect());
    entries()[0]?.focus();
    return () => at.focus();
  }, []);
  const move = (step: number | "first" | "last") => {
    const all = entries();
    const now = all.indexOf(document.activeElement as HTMLElement); // whatever it is, it is an element
    const to = step === "first" ? 0 : step === "last" ? all.length - 1 : now + step;
    all[(to + all.length) % all.length]?.focus();
  };
  return (
    <div
      ref={panel}
      class="menu"
      role="menu"
      popover="auto"
      onToggle={(event) => {
        if (event.newState === "closed") onClose();
      }}
      onKeyDown={(event) => {
        const steps: Record<string, number | "first" | "last"> = {
          ArrowDown: 1,
          ArrowUp: -1,
          Home: "first",
          End: "last",
        };
        const step = steps[event.key];
        if (event.key === "Tab") onClose();
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(step);
      }}
    >
      {items.map((item, i) => <Entry key={i} item={item} onClose={onClose} />)}
    </div>
  );
}

function Entry({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  switch (item.kind) {
    case "line":
      return <hr />;
    case "title":
      return <div class="title">{item.label}</div>;
    case "check":
    case "radio":
      return <Choice item={item} onClose={onClose} />;
    case undefined:
      return <Deed item={item} onClose={onClose} />;
  }
}

function Choice({ item, onClose }: { item: ChoiceItem; onClose: () => void }) {
  return (
    <button
      type="button"
      role={item.kind === "check" ? "menuitemcheckbox" : "menuitemradio"}
      aria-checked={item.isOn}
      onClick={() => {
        item.run();
        if (item.kind === "radio") onClose();
      }}
    >
      <Icon name="check" class={item.isOn ? "" : "hidden"} />
      {item.label}
    </button>
  );
}

function Deed({ item, onClose }: { item: Item; onClose: () => void }) {
  const { label, icon, isDangerous, why, run } = item;
  return (
    <button
      type="button"
      role="menuitem"
      class={isDangerous && why === undefined ? "danger" : ""}
      aria-disabled={why !== undefined || undefined}
      onClick={() => {
        if (why !== undefined) return;
        onClose();
        run();
      }}
    >
      {icon ? <Icon name={icon} /> : null}
      <span>
        {label}
        {why === undefined ? null : <span class="why">{why}</span>}
      </span>
    </button>
  );
}

const GAP_PX = 4;

/** Below the button, or above it where there is no room; never off the screen. */
function place(element: HTMLElement, at: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const isBelow = at.bottom + GAP_PX + height <= innerHeight || at.top < height;
  const top = isBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  const left = at.left + width <= innerWidth - GAP_PX ? at.left : at.right - width;
  element.style.top = `${Math.max(GAP_PX, Math.min(top, innerHeight - height - GAP_PX))}px`;
  element.style.left = `${Math.max(GAP_PX, left)}px`;
}
