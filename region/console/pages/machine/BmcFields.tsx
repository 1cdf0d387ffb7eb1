import type { ComponentChildren } from "preact";
import { CIPHER_SUITES } from "@/shared/machine/cipher_suites.ts";
import type { Problem } from "@/shared/contract/problem.ts";
import { bmcText } from "../../strings/bmc.ts";
import { CheckField, faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import type { BmcForm, BmcKind } from "./bmc_form.ts";

const KINDS = ["ipmi", "redfish", "wake_on_lan", "webhook", "manual"] as const satisfies BmcKind[];

interface FieldsProps {
  readonly form: BmcForm;
  readonly problem: Problem | undefined;
  readonly onChange: (next: BmcForm) => void;
  /** It takes the place of one whose secrets are kept where nothing else is typed. */
  readonly isChange?: boolean;
}

type TextName = Exclude<keyof BmcForm, "kind" | "privilege" | "isKgGone">;

/** How a machine is switched: the kind, and what that kind needs. */
export function BmcFields(props: FieldsProps) {
  const { form, problem, onChange } = props;
  return (
    <fieldset class="group">
      <legend>{bmcText.title}</legend>
      <SelectField<BmcKind>
        label={bmcText.kind}
        value={form.kind}
        options={KINDS.map((value) => ({ value, label: bmcText.kinds[value] }))}
        fault={faultOf(problem, "bmc")}
        onChange={(kind) => onChange({ ...form, kind })}
      />
      <FieldsOfKind {...props} />
    </fieldset>
  );
}

function FieldsOfKind(props: FieldsProps) {
  switch (props.form.kind) {
    case "ipmi":
      return (
        <>
          <Text {...props} name="address" />
          <Login {...props} />
          <More {...props} names={["port", "cipherSuite", "privilege", "kg"]}>
            <div class="pair">
              <Text {...props} name="port" placeholder="623" />
              <Privilege {...props} />
            </div>
            <CipherSuite {...props} />
            <Key {...props} />
          </More>
        </>
      );
    case "redfish":
      return (
        <>
          <Text {...props} name="address" />
          <Login {...props} />
          <Text {...props} name="certificateSha256" />
          <More {...props} names={["port", "system"]}>
            <div class="pair">
              <Text {...props} name="port" placeholder="443" />
              <Text {...props} name="system" placeholder="System.Embedded.1" />
            </div>
          </More>
        </>
      );
    case "webhook":
      return (
        <>
          <Text {...props} name="onUrl" />
          <Text {...props} name="offUrl" />
          <Text {...props} name="queryUrl" />
          <Login {...props} />
          <Text {...props} name="certificateSha256" />
        </>
      );
    case "wake_on_lan":
      return (
        <>
          <Text {...props} name="mac" />
          <Text {...props} name="broadcast" />
        </>
      );
    case "manual":
      return <p class="muted small">{bmcText.manualHint}</p>;
  }
}

function Text(
  { form, problem, onChange, name, placeholder }: FieldsProps & {
    name: TextName;
    placeholder?: string;
  },
) {
  return (
    <TextField
      label={bmcText.fields[name]}
      hint={name === "username" && form.kind === "webhook"
        ? bmcText.webhookUserHint
        : bmcText.hints[name]}
      value={form[name]}
      placeholder={placeholder}
      fault={faultOf(problem, `bmc.${name}`)}
      onInput={(value) => onChange(changed(form, name, value))}
      isMono={name !== "username"}
      hasNoMemory
    />
  );
}

/** The certificate that is pinned belongs to the address that it was seen at. */
function changed(form: BmcForm, name: TextName, value: string): BmcForm {
  const isElsewhere = name === "address" && value.trim() !== form.address.trim();
  return { ...form, ...(isElsewhere ? { certificateSha256: "" } : {}), [name]: value };
}

function Login(props: FieldsProps) {
  const { form, problem, onChange, isChange } = props;
  return (
    <div class="pair">
      <Text {...props} name="username" />
      <TextField
        label={bmcText.fields.password}
        type="password"
        value={form.password}
        hint={isChange ? bmcText.passwordHint : undefined}
        fault={faultOf(problem, "bmc.password")}
        onInput={(password) => onChange({ ...form, password })}
        autocomplete="new-password"
      />
    </div>
  );
}

function Privilege({ form, problem, onChange }: FieldsProps) {
  const options = ["", "operator", "administrator"] as const;
  return (
    <SelectField<BmcForm["privilege"]>
      label={bmcText.privilege}
      hint={bmcText.privilegeHint}
      value={form.privilege}
      options={options.map((value) => ({ value, label: bmcText.privileges[value] }))}
      fault={faultOf(problem, "bmc.privilege")}
      onChange={(privilege) => onChange({ ...form, privilege })}
    />
  );
}

function CipherSuite({ form, problem, onChange }: FieldsProps) {
  const suites = CIPHER_SUITES.toReversed().map((suite) => ({
    value: String(suite),
    label: bmcText.cipherSuiteOf(suite),
  }));
  return (
    <SelectField<string>
      label={bmcText.fields.cipherSuite}
      hint={bmcText.hints.cipherSuite}
      value={form.cipherSuite}
      options={[{ value: "", label: bmcText.cipherSuiteUsual }, ...suites]}
      fault={faultOf(problem, "bmc.cipherSuite")}
      onChange={(cipherSuite) => onChange({ ...form, cipherSuite })}
    />
  );
}

function Key({ form, problem, onChange, isChange }: FieldsProps) {
  return (
    <>
      {form.isKgGone ? null : (
        <TextField
          label={bmcText.fields.kg}
          type="password"
          value={form.kg}
          hint={isChange ? bmcText.kgKept : bmcText.hints.kg}
          fault={faultOf(problem, "bmc.kg")}
          onInput={(kg) => onChange({ ...form, kg })}
          autocomplete="new-password"
        />
      )}
      {isChange
        ? (
          <CheckField
            label={bmcText.kgGone}
            checked={form.isKgGone}
            onChange={(isKgGone) => onChange({ ...form, isKgGone })}
          />
        )
        : null}
    </>
  );
}

/** What few need; open where the region found something to say of it. */
function More(
  { problem, names, children }: FieldsProps & {
    names: readonly string[];
    children: ComponentChildren;
  },
) {
  const hasFault = names.some((name) => faultOf(problem, `bmc.${name}`) !== undefined);
  return (
    <details open={hasFault}>
      <summary>{bmcText.more}</summary>
      <div class="stack">{children}</div>
    </details>
  );
}
