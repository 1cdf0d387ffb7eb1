import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

/** Says why there is nothing, and what to do next. */
export function EmptyState(
  { icon, title, children, actions }: {
    icon: IconName;
    title: string;
    children?: ComponentChildren;
    actions?: ComponentChildren;
  },
) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {actions ? <div class="row">{actions}</div> : null}
    </div>
  );
}
