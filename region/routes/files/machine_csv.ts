import type { CsvFault, CsvRecord } from "./csv.ts";

/** The columns of a file of machines, by the field that each is; in any order, all but one optional. */
export const CSV_COLUMNS = {
  siteId: "siteId",
  hostname: "hostname",
  macs: "macs",
  architecture: "architecture",
  bmcKind: "bmc.kind",
  bmcAddress: "bmc.address",
  bmcPort: "bmc.port",
  bmcUsername: "bmc.username",
  bmcPassword: "bmc.password",
  bmcCertificateSha256: "bmc.certificateSha256",
  bmcSystem: "bmc.system",
  bmcOnUrl: "bmc.onUrl",
  bmcOffUrl: "bmc.offUrl",
  bmcQueryUrl: "bmc.queryUrl",
  bmcMac: "bmc.mac",
  zone: "zone",
  pool: "pool",
  tags: "tags",
  description: "description",
} as const;

export type CsvColumn = keyof typeof CSV_COLUMNS;
type BmcField = (typeof CSV_COLUMNS)[CsvColumn] extends infer P
  ? P extends `bmc.${infer Field}` ? Exclude<Field, "kind"> : never
  : never;

/** Several MACs or tags stand in one cell with spaces between. */
const LISTS: readonly CsvColumn[] = ["macs", "tags"];

/** The columns that a file's first record names; or why it cannot be used. */
export function readHeader(record: CsvRecord): CsvColumn[] | CsvFault {
  const { line, cells } = record;
  const accepted = Object.keys(CSV_COLUMNS).join(", ");
  const columns: CsvColumn[] = [];
  for (const cell of cells) {
    const name = cell.trim();
    if (!isColumn(name)) {
      const hint = /[;\t]/.test(cell) ? "; separate columns by commas" : "";
      return { line, detail: `"${cut(name)}" is not a column${hint}; the columns are ${accepted}` };
    }
    if (columns.includes(name)) return { line, detail: `the column ${name} is there twice` };
    columns.push(name);
  }
  if (columns.includes("macs")) return columns;
  return { line, detail: `there is no column macs; the first line names the columns: ${accepted}` };
}

/** A record as the object that JSON would have; or why it is none. An empty cell says nothing. */
export function readMachineRecord(
  columns: readonly CsvColumn[],
  { line, cells }: CsvRecord,
): Record<string, unknown> | CsvFault {
  if (cells.length !== columns.length) {
    return { line, detail: `it has ${cells.length} cells, and the header ${columns.length}` };
  }
  const machine: Record<string, unknown> = {};
  const bmc: Record<string, unknown> = {};
  columns.forEach((column, i) => {
    const cell = cells[i] ?? "";
    if (cell === "") return;
    const [field = "", inner] = CSV_COLUMNS[column].split(".");
    if (inner === undefined) machine[field] = LISTS.includes(column) ? listOf(cell) : cell;
    else bmc[inner] = column === "bmcPort" && /^\d{1,9}$/.test(cell) ? Number(cell) : cell;
  });
  if (Object.keys(bmc).length === 0) return machine;
  return { ...machine, bmc: { kind: "ipmi", ...bmc } };
}

/** The column in which a field of a machine stands: `bmc.address` in `bmcAddress`, `macs[1]` in `macs`. */
export function columnOf(field: string): string {
  const plain = field.replace(/\[\d+\]$/, "");
  const found = Object.entries(CSV_COLUMNS).find(([, path]) => path === plain);
  return found?.[0] ?? (plain === "bmc" ? "bmcAddress" : plain);
}

/** What of a machine stands in a file; its BMC's password is not known to whoever writes one. */
export interface CsvMachine {
  readonly siteId: string;
  readonly hostname: string;
  readonly macs: readonly string[];
  readonly architecture: string;
  readonly bmc: { readonly kind: string } & Partial<Record<BmcField, string | number>> | null;
  readonly zone: string;
  readonly pool: string;
  readonly tags: readonly string[];
  readonly description: string;
}

/** The cells of a machine, in the order of the columns. */
export function machineCells({ bmc, ...machine }: CsvMachine): string[] {
  const plain: Record<string, unknown> = {
    ...machine,
    macs: machine.macs.join(" "),
    tags: machine.tags.join(" "),
  };
  const ofBmc: Readonly<Record<string, unknown>> = bmc ?? {};
  return Object.values(CSV_COLUMNS).map((path) => {
    const [field = "", inner] = path.split(".");
    if (path === "bmc.password") return "";
    return String((inner === undefined ? plain[field] : ofBmc[inner]) ?? "");
  });
}

function isColumn(name: string): name is CsvColumn {
  return Object.hasOwn(CSV_COLUMNS, name);
}

function listOf(cell: string): string[] {
  return cell.split(/\s+/).filter((each) => each !== "");
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
