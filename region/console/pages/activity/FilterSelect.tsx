/** A filter with its name in front of it, on one line with others. */
export function FilterSelect<T extends string>(
  { label, value, options, onChange }: {
    label: string;
    value: T;
    options: readonly { readonly value: T; readonly label: string }[];
    onChange: (value: T) => void;
  },
) {
  return (
    <label class="filter-field">
      <span>{label}</span>
      <select
        class="select"
        value={value}
        // One of the options: they are all there is to choose.
        onChange={({ currentTarget }) => onChange(currentTarget.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>{option.label}</option>
        ))}
      </select>
    </label>
  );
}

/** The same for words that are typed; they count when the field is left or Enter pressed. */
export function FilterText(
  { label, placeholder, value, onChange }: {
    label: string;
    placeholder: string;
    value: string;
    onChange: (value: string) => void;
  },
) {
  return (
    <label class="filter-field">
      <span>{label}</span>
      <input
        type="text"
        class="input mono"
        placeholder={placeholder}
        value={value}
        autocomplete="off"
        onChange={({ currentTarget }) => onChange(currentTarget.value.trim())}
      />
    </label>
  );
}
