/** One of a few, all in sight. */
export function Segmented<T extends string>(
  { label, value, options, onChange }: {
    label: string;
    value: T;
    options: readonly { readonly value: T; readonly label: string }[];
    onChange: (value: T) => void;
  },
) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
