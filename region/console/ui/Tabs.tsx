import { Link } from "wouter-preact";
import type { ComponentChildren } from "preact";

/** Tabs that are pages: each has an address of its own. */
export function Tabs(
  { label, tabs, current }: {
    label: string;
    tabs: readonly { id: string; href: string; label: ComponentChildren }[];
    current: string;
  },
) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ id, href, label }) => (
        <Link key={id} href={href} aria-current={id === current ? "page" : undefined}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
