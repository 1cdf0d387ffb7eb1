/** A boot waterfall: what the product makes visible. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--accent-strong)" />
      <path
        d="M6 7h12M6 12h12M6 17h12"
        stroke="#fff"
        stroke-opacity=".4"
        stroke-width="3"
        stroke-linecap="round"
      />
      <path d="M6 7h2M6 12h7M6 17h12" stroke="#fff" stroke-width="3" stroke-linecap="round" />
    </svg>
  );
}
