import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly kind?: "primary" | "danger" | "quiet";
  readonly icon?: IconName;
  /** What it is called where it shows an icon only. */
  readonly label?: string;
  readonly isSmall?: boolean;
  readonly isBusy?: boolean;
  readonly disabled?: boolean;
  /** Why it cannot be pressed now: it stays reachable, so that people learn it. */
  readonly why?: string;
  readonly type?: "button" | "submit";
  readonly title?: string;
  readonly onClick?: () => void;
  readonly "aria-haspopup"?: "menu" | "dialog";
  readonly "aria-expanded"?: boolean;
  readonly "data-menu"?: string;
}

export function Button(props: ButtonProps) {
  const { children, kind, icon, label, isSmall, isBusy, disabled, why, type = "button" } = props;
  const { onClick, title } = props;
  const isOff = why !== undefined || isBusy === true;
  const names = [
    "button",
    kind ?? "",
    isSmall ? "small" : "",
    children === undefined ? "icon-only" : "",
  ];
  return (
    <button
      type={type}
      class={names.filter(Boolean).join(" ")}
      disabled={disabled}
      aria-disabled={isOff || undefined}
      aria-label={children === undefined ? label : undefined}
      aria-busy={isBusy || undefined}
      aria-haspopup={props["aria-haspopup"]}
      aria-expanded={props["aria-expanded"]}
      data-menu={props["data-menu"]}
      title={why ?? title ?? (children === undefined ? label : undefined)}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.();
      }}
    >
      {isBusy ? <span class="spinner" aria-hidden="true" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}
