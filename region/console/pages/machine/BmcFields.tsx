import type { Problem } from "@/shared/contract/problem.ts";
import type { InputOf } from "../../api/api_schema.ts";
import { bmcText } from "../../strings/bmc.ts";
import { faultOf, SelectField, TextField } from "../../ui/Field.tsx";
import type { Machine } from "./why_not.ts";

export type BmcInput = NonNullable<InputOf<"/machines", "post">["json"]["bmc"]>;
type Kind = BmcInput["kind"];
const KINDS = ["ipmi", "redfish", "wake_on_lan", "webhook", "manual"] as const satisfies Kind[];

/** What is filled in, for whichever kind: the others' fields wait. */
export interface BmcForm {
  readonly kind: Kind;
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly mac: string;
  readonly onUrl: string;
  readonly offUrl: string;
  readonly queryUrl: string;
}

export const NO_BMC: BmcForm = {
  kind: "ipmi",
  address: "",
  username: "",
  password: "",
  mac: "",
  onUrl: "",
  offUrl: "",
  queryUrl: "",
};

/** As the machine has it; passwords cannot be read back. */
export function bmcFormOf({ bmc, macs }: Machine): BmcForm {
  if (!bmc) return { ...NO_BMC, kind: "manual", mac: macs[0] ?? "" };
  const { kind, address = "", username = "", mac = macs[0] ?? "" } = bmc;
  const { onUrl = "", offUrl = "", queryUrl = "" } = bmc;
  return { kind, address, username, password: "", mac, onUrl, offUrl, queryUrl };
}

/** What the region takes; undefined: there is nothing in it yet. */
export function bmcInputOf(form: BmcForm): BmcInput | undefined {
  const { kind, username, password } = form;
  const address = form.address.trim();
  switch (kind) {
    case "ipmi":
    case "redfish":
      return address === "" ? undefined : { kind, address, username, password };
    case "wake_on_lan":
      return { kind, mac: form.mac.trim() };
    case "webhook":
      return {
        kind,
        onUrl: form.onUrl.trim(),
        offUrl: form.offUrl.trim(),
        ...(form.queryUrl.trim() ? { queryUrl: form.queryUrl.trim() } : {}),
        ...(username ? { username } : {}),
        ...(password ? { password } : {}),
      };
    case "manual":
      return { kind };
  }
}

/** How a machine is switched: the kind, and what that kind needs. */
export function BmcFields(
  { form, passwordHint, problem, onChange }: {
    form: BmcForm;
    passwordHint?: string;
    problem: Problem | undefined;
    onChange: (next: BmcForm) => void;
  },
) {
  const set = (name: keyof BmcForm) => (value: string) => onChange({ ...form, [name]: value });
  const text = (name: Exclude<keyof BmcForm, "kind" | "password">) => (
    <TextField
      label={bmcText.fields[name]}
      value={form[name]}
      fault={faultOf(problem, `bmc.${name}`)}
      onInput={set(name)}
      isMono={name !== "username"}
      hasNoMemory
    />
  );
  const { kind } = form;
  const hasAddress = kind === "ipmi" || kind === "redfish";
  return (
    <fieldset class="group">
      <legend>{bmcText.title}</legend>
      <SelectField<Kind>
        label={bmcText.kind}
        value={kind}
        options={KINDS.map((value) => ({ value, label: bmcText.kinds[value] }))}
        fault={faultOf(problem, "bmc")}
        onChange={(next) => onChange({ ...form, kind: next })}
      />
      {hasAddress ? text("address") : null}
      {kind === "wake_on_lan" ? text("mac") : null}
      {kind === "webhook" ? <>{text("onUrl")}{text("offUrl")}{text("queryUrl")}</> : null}
      {hasAddress || kind === "webhook"
        ? (
          <div class="pair">
            {text("username")}
            <TextField
              label={bmcText.fields.password}
              type="password"
              value={form.password}
              hint={passwordHint}
              fault={faultOf(problem, "bmc.password")}
              onInput={set("password")}
              autocomplete="new-password"
            />
          </div>
        )
        : null}
    </fieldset>
  );
}
