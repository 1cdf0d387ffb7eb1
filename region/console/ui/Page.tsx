import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { words } from "../strings/words.ts";

/** A page with its title, also the window's. */
export function Page(
  { title, lead, crumbs, actions, isReadable, class: className = "", children }: {
    title: string;
    lead?: ComponentChildren;
    crumbs?: ComponentChildren;
    actions?: ComponentChildren;
    /** Not wider than eyes follow. */
    isReadable?: boolean;
    class?: string;
    children: ComponentChildren;
  },
) {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <div class={`page ${isReadable ? "readable" : ""} ${className}`}>
      <div class="page-head">
        <div class="grow">
          {crumbs ? <nav class="crumbs" aria-label={words.crumbs}>{crumbs}</nav> : null}
          <h1>{title}</h1>
          {lead ? <div class="lead">{lead}</div> : null}
        </div>
        {actions ? <div class="actions">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}

/** A part of a page. */
export function Card(
  { title, actions, children, isBare }: {
    title?: ComponentChildren;
    actions?: ComponentChildren;
    children: ComponentChildren;
    /** Its content brings its own padding, such as a table. */
    isBare?: boolean;
  },
) {
  return (
    <section class="card">
      {title
        ? (
          <div class="card-head">
            <h2>{title}</h2>
            {actions ? <div class="actions">{actions}</div> : null}
          </div>
        )
        : null}
      {isBare ? children : <div class="card-body">{children}</div>}
    </section>
  );
}

/** Names and values. */
export function Facts(
  { items }: { items: readonly (readonly [name: string, value: ComponentChildren] | null)[] },
) {
  return (
    <dl class="facts">
      {items.map((item) =>
        item === null
          ? null
          : [<dt key={item[0]}>{item[0]}</dt>, <dd key={`${item[0]} value`}>{item[1]}</dd>]
      )}
    </dl>
  );
}
