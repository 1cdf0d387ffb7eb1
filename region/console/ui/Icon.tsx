/** Drawn for this console on a grid of 16; strokes take the text's colour. */
const PATHS = {
  machines:
    "M2.5 3.5h11v3.5h-11zM2.5 9h11v3.5h-11zM5 5.25h.01M5 10.75h.01M8.5 5.25h2.5M8.5 10.75h2.5",
  sites:
    "M8 14s4.5-4 4.5-7.5a4.5 4.5 0 0 0-9 0C3.5 10 8 14 8 14zM8 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z",
  networks: "M8 5.5V8M4 10.5V8h8v2.5M6 2.5h4v3H6zM2 10.5h4v3H2zM10 10.5h4v3h-4z",
  images: "M8 2.5 13.5 5 8 7.5 2.5 5zM2.5 8 8 10.5 13.5 8M2.5 11 8 13.5l5.5-2.5",
  activity: "M1.5 8h3l2-5 3 10 2-5h3",
  settings:
    "M2.5 4.5h6M12 4.5h1.5M2.5 11.5H4M8 11.5h5.5M10.25 6.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM5.75 13.25a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5z",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5 14 14",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM6.5 14h3",
  user: "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM2.75 13.5a5.25 5.25 0 0 1 10.5 0",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  sun:
    "M8 10.75a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5 6.5 12 13 4.5",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4 6 8l4 4",
  up: "M4 10l4-4 4 4",
  plus: "M8 3v10M3 8h10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5.25h.01",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3.25M8 11.75h.01",
  error: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6 6l4 4M10 6l-4 4",
  done: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.5 8.25l1.75 1.75L10.75 6",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5.25a2.5 2.5 0 0 1 5 0V7.5",
  power: "M8 2v5.5M4.75 4.25a5 5 0 1 0 6.5 0",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  filter: "M2 3.5h12L9.5 8.75V13l-3-1.5V8.75z",
  columns: "M2.5 3h11v10h-11zM6.5 3v10M10 3v10",
  key: "M9.5 9.5a3.5 3.5 0 1 0-3-3l-4 4v3h3v-2h2v-1zM10.5 5.5h.01",
  out: "M6.5 13.5h-4v-11h4M10 5l3 3-3 3M13 8H6",
  retry: "M13 8a5 5 0 1 1-1.5-3.5L13 6M13 2.5V6H9.5",
  link:
    "M6.5 9.5l3-3M7 4.5l1.5-1.5a3 3 0 0 1 4.25 4.25L11.5 8.75M9 11.5 7.5 13a3 3 0 0 1-4.25-4.25L4.5 7.25",
  disk: "M2.5 4.5h11v7h-11zM2.5 9h11M11 10.25h.01",
  terminal: "M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10.5h3",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.75V8l2.25 1.5",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.5 9h6l.5-9",
  edit: "M10.5 2.75 13.25 5.5 5.5 13.25l-3 .25.25-3z",
  rocket:
    "M8 10.5 5.5 8C6.5 4 9.5 2 13.5 2.5 14 6.5 12 9.5 8 10.5zM5.5 8H3l1.5-2.5M8 10.5V13l2.5-1.5M3 13l2-2M10 6h.01",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside words, which say the same: screen readers skip it. */
export function Icon({ name, class: className = "" }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
