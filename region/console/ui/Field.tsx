import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Problem } from "@/shared/contract/problem.ts";

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with it. */
  readonly fault?: string;
}

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly type?: "text" | "password";
  readonly placeholder?: string;
  readonly isMono?: boolean;
  readonly isRequired?: boolean;
  /** For the browser's memory of names and passwords. */
  readonly autocomplete?: "username" | "current-password" | "new-password" | "email";
  readonly hasNoMemory?: boolean;
  /** Takes the focus when it appears. */
  readonly isFirst?: boolean;
  readonly rows?: number;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, fault, value, onInput, rows, isFirst } = props;
  const id = useId();
  const common = {
    id,
    value,
    placeholder: props.placeholder,
    required: props.isRequired,
    "aria-invalid": fault !== undefined || undefined,
    "aria-describedby": fault || hint ? `${id}-note` : undefined,
    spellcheck: !props.isMono && rows !== undefined,
    autofocus: isFirst,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined
        ? (
          <input
            {...common}
            class={props.isMono ? "input mono" : "input"}
            {
              // Numbers are text too: a browser's number field swallows what it does not like.
              ...(props.type === "password" ? { type: "password" } : { type: "text" })
            }
            autocomplete={props.hasNoMemory ? "off" : props.autocomplete}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
        )
        : (
          <textarea
            {...common}
            rows={rows}
            class={props.isMono ? "textarea code" : "textarea"}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
        )}
      <FieldNote id={id} hint={hint} fault={fault} />
    </div>
  );
}

interface SelectFieldProps<T extends string> extends FieldProps {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>) {
  const { label, hint, fault, value, options, onChange } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="select"
        value={value}
        aria-invalid={fault !== undefined || undefined}
        aria-describedby={fault || hint ? `${id}-note` : undefined}
        // One of the options: they are all there is to choose.
        onChange={({ currentTarget }) => onChange(currentTarget.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>{option.label}</option>
        ))}
      </select>
      <FieldNote id={id} hint={hint} fault={fault} />
    </div>
  );
}

interface CheckFieldProps {
  readonly label: ComponentChildren;
  readonly hint?: ComponentChildren;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function CheckField({ label, hint, checked, disabled, onChange }: CheckFieldProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <span>
        {label}
        {hint ? <span class="faint small">{hint}</span> : null}
      </span>
    </label>
  );
}

function FieldNote({ id, hint, fault }: { id: string } & Pick<FieldProps, "hint" | "fault">) {
  if (!fault && !hint) return null;
  return <div id={`${id}-note`} class={fault ? "fault" : "hint"}>{fault ?? hint}</div>;
}

/** What a problem says of one field; undefined: nothing. */
export function faultOf(problem: Problem | undefined, field: string): string | undefined {
  const all = [problem, ...(problem?.errors ?? [])];
  const found = all.find((each) => each?.field === field);
  if (!found) return undefined;
  return found.accepted ? `${found.detail}. ${capital(found.accepted)}` : found.detail;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
