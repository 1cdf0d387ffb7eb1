import type { InputOf } from "../../api/api_schema.ts";
import type { Machine } from "./why_not.ts";

export type BmcInput = NonNullable<InputOf<"/machines", "post">["json"]["bmc"]>;
export type BmcChange = NonNullable<InputOf<"/machines/:systemId", "patch">["json"]["bmc"]>;
export type BmcKind = BmcInput["kind"];

/** What is filled in, for whichever kind: the others' fields wait. */
export interface BmcForm {
  readonly kind: BmcKind;
  readonly address: string;
  readonly port: string;
  readonly username: string;
  readonly password: string;
  /** Empty: the usual one. */
  readonly cipherSuite: string;
  readonly privilege: "" | "operator" | "administrator";
  readonly kg: string;
  /** It had one, and has none any more. */
  readonly isKgGone: boolean;
  readonly system: string;
  /** In any usual spelling; empty: the first one that it shows is pinned. */
  readonly certificateSha256: string;
  readonly mac: string;
  readonly broadcast: string;
  readonly onUrl: string;
  readonly offUrl: string;
  readonly queryUrl: string;
}

export const NO_BMC: BmcForm = {
  kind: "ipmi",
  address: "",
  port: "",
  username: "",
  password: "",
  cipherSuite: "",
  privilege: "",
  kg: "",
  isKgGone: false,
  system: "",
  certificateSha256: "",
  mac: "",
  broadcast: "",
  onUrl: "",
  offUrl: "",
  queryUrl: "",
};

const USUAL_PORTS: Partial<Record<BmcKind, number>> = { ipmi: 623, redfish: 443 };

/** As the machine has it; passwords cannot be read back. */
export function bmcFormOf({ bmc, macs: [mac = ""] }: Pick<Machine, "bmc" | "macs">): BmcForm {
  if (!bmc) return { ...NO_BMC, kind: "manual", mac };
  const { kind, port, cipherSuite, ...rest } = bmc;
  return {
    ...{ ...NO_BMC, mac, ...rest, kind },
    port: port === undefined || port === USUAL_PORTS[kind] ? "" : String(port),
    cipherSuite: cipherSuite === undefined ? "" : String(cipherSuite),
  };
}

/** Whether a machine that is added is given no BMC at all. */
export function isWithoutBmc({ kind, address }: BmcForm): boolean {
  return (kind === "ipmi" || kind === "redfish") && address.trim() === "";
}

/** What the region takes for a machine that has none yet; the region says what is wrong with it. */
export function bmcInputOf(form: BmcForm): BmcInput {
  const { kind, password } = form;
  const username = form.username.trim();
  const address = form.address.trim();
  const port = numberOf(form.port);
  const certificateSha256 = textOf(form.certificateSha256.replaceAll(/[\s:]/g, "").toLowerCase());
  switch (kind) {
    case "ipmi":
      return {
        ...{ kind, address, port, username, password },
        cipherSuite: numberOf(form.cipherSuite),
        kg: textOf(form.kg),
        privilege: form.privilege || undefined,
      };
    case "redfish":
      return {
        ...{ kind, address, port, username, password, certificateSha256 },
        system: textOf(form.system),
      };
    case "webhook":
      return {
        ...{ kind, certificateSha256 },
        onUrl: form.onUrl.trim(),
        offUrl: form.offUrl.trim(),
        queryUrl: textOf(form.queryUrl),
        username: textOf(username),
        password: password || undefined,
      };
    case "wake_on_lan":
      return { kind, mac: form.mac.trim(), broadcast: textOf(form.broadcast) };
    case "manual":
      return { kind };
  }
}

/** The same in place of what the machine has: what is secret and left empty stays. */
export function bmcChangeOf(form: BmcForm): BmcChange {
  const input = bmcInputOf(form);
  switch (input.kind) {
    case "ipmi":
      return {
        ...input,
        password: input.password || undefined,
        kg: form.isKgGone ? null : input.kg,
      };
    case "redfish":
    case "webhook":
      return {
        ...input,
        password: input.password || undefined,
        certificateSha256: input.certificateSha256 ?? null,
      };
    default:
      return input;
  }
}

/** A certificate that a BMC shows in place of the one that is pinned. */
export interface ChangedCertificate {
  readonly pinned: string;
  readonly shown: string;
}

/** What the last refusal says of it; undefined: nothing of the kind, or it was accepted since. */
export function changedCertificate(
  { bmc, power, failure }: Pick<Machine, "bmc" | "power" | "failure">,
): ChangedCertificate | undefined {
  const pinned = bmc?.certificateSha256;
  const refusal = [power.fault, failure].find((it) => it?.code === "bmc.certificate_changed");
  if (!refusal || pinned === undefined) return undefined;
  // It names both: what is shown, then what was pinned. If that has changed, this was settled since.
  const [shown, wanted] = refusal.message.match(/\b[0-9a-f]{64}\b/g) ?? [];
  return shown !== undefined && wanted === pinned ? { pinned, shown } : undefined;
}

/** As browsers and a BMC's own page show it: `9A:64:AA…`. */
export function formatFingerprint(sha256: string): string {
  return sha256.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:");
}

function textOf(text: string): string | undefined {
  return text.trim() || undefined;
}

function numberOf(text: string): number | undefined {
  return text.trim() === "" ? undefined : Number(text);
}
