import { z } from "@hono/zod-openapi";
import { parseCsv } from "./csv.ts";
import { columnOf, readHeader, readMachineRecord } from "./machine_csv.ts";
import type {
  ImportFault,
  ImportLine,
  MachineFile,
} from "@/region/services/machines/import_machines.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { explainIssues } from "../input/explain_issues.ts";
import { findJsonFault, isStorableText, UNSTORABLE } from "../input/json_fault.ts";
import { INVALID_CODE, malformed, MALFORMED_CODE } from "../input/refusals.ts";
import { formatPath } from "../input/shown_value.ts";
import { Mac } from "../machine_query.ts";
import { BmcLine } from "../bmc_schema.ts";
import { Machine, NewMachine } from "../machine_schema.ts";

/** More machines than a site has; a larger estate is imported in several files. */
export const LINES_MAX = 10_000;
const LINE_CHARS_MAX = 65_536;

/** A machine as a line has it. An export's line is one too: what is only read is left out of it. */
export const MachineLine = NewMachine.extend({
  macs: z.array(Mac).min(1).max(64),
  bmc: BmcLine.optional(),
});

/** Fields of an export that an import has no use for. */
const READ_ONLY = Object.keys(Machine.shape).filter((name) => !(name in MachineLine.shape));

/** JSON documents, one a line; `siteId` is for lines that name none. */
export function readNdjson(text: string, siteId: string | undefined): MachineFile {
  const rows = text.replace(/^\ufeff/, "").split("\n");
  const filled = rows.flatMap((row, i) => row.trim() === "" ? [] : [{ line: i + 1, text: row }]);
  refuseTooMany(filled.length);
  const nameOf = (field: string) => field;
  return collect(
    nameOf,
    filled.map(({ line, text }) => {
      const value = readJson(text);
      if (value instanceof DomainError) return [faultOf(line, value)];
      return readMachine(value, { line, siteId, nameOf });
    }),
  );
}

/** RFC 4180, the first line naming the columns; `siteId` is for lines that name none. */
export function readCsv(text: string, siteId: string | undefined): MachineFile {
  const { records: [head, ...records], fault } = parseCsv(text, LINES_MAX + 1);
  if (records.length === LINES_MAX && fault) refuseTooMany(LINES_MAX + 1);
  if (!head) throw malformed(fault ? `line ${fault.line}: ${fault.detail}` : "the file is empty");
  const columns = readHeader(head);
  if ("detail" in columns) throw malformed(`line ${columns.line}: ${columns.detail}`);
  return collect(columnOf, [
    ...records.map((record) => {
      const value = readMachineRecord(columns, record);
      if (isFault(value)) return [csvFault(value)];
      return readMachine(value, { line: record.line, siteId, nameOf: columnOf });
    }),
    fault ? [csvFault(fault)] : [],
  ]);
}

interface Place {
  readonly line: number;
  readonly siteId: string | undefined;
  readonly nameOf: MachineFile["nameOf"];
}

function readMachine(value: unknown, { line, siteId, nameOf }: Place): ImportLine | ImportFault[] {
  const given = siteId === undefined ? withoutReadOnly(value) : withSite(value, siteId);
  const unstorable = findUnstorable(given);
  if (unstorable) {
    const [detail, accepted] = [UNSTORABLE.detail, UNSTORABLE.accepted];
    return [{ line, code: INVALID_CODE, field: nameOf(unstorable), detail, accepted }];
  }
  const parsed = MachineLine.safeParse(given);
  if (parsed.success) return { line, machine: parsed.data };
  const { code, errors = [] } = explainIssues(parsed.error.issues, {
    input: given,
    schema: MachineLine,
  });
  return errors.map((error) => ({ line, code, ...error, field: nameOf(error.field) }));
}

function withSite(value: unknown, siteId: string): unknown {
  const given = withoutReadOnly(value);
  return isObject(given) && given.siteId === undefined ? { ...given, siteId } : given;
}

/** What an export has and an import does not take; null in it is what is not there. */
function withoutReadOnly(value: unknown): unknown {
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([name, each]) =>
    !READ_ONLY.includes(name) && each !== null
  );
  return Object.fromEntries(entries);
}

/** CSV has no escapes, so only NUL can be there; JSON is looked through as a text. */
function findUnstorable(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  return Object.entries(value).find(([, each]) => typeof each === "string" && !isStorableText(each))
    ?.[0];
}

/** The value, or why it is none. */
function readJson(text: string): unknown {
  if (text.length > LINE_CHARS_MAX) {
    return malformed(`a line may have ${LINE_CHARS_MAX} characters, this one has ${text.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("the line is not JSON; each line is a whole document");
  }
  const fault = findJsonFault(text);
  if (fault) return malformed(fault.detail, { field: formatPath(fault.path) });
  return isObject(value) ? value : malformed("the line is not an object with a machine's fields");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFault(
  value: Record<string, unknown> | { readonly line: number; readonly detail: string },
): value is { readonly line: number; readonly detail: string } {
  return typeof value.line === "number" && typeof value.detail === "string";
}

function csvFault({ line, detail }: { line: number; detail: string }): ImportFault {
  return { line, code: MALFORMED_CODE, field: "", detail };
}

function faultOf(line: number, { code, field = "", message: detail }: DomainError): ImportFault {
  return { line, code, field, detail };
}

function collect(
  nameOf: MachineFile["nameOf"],
  read: readonly (ImportLine | readonly ImportFault[])[],
): MachineFile {
  const lines = read.flatMap((each) => "machine" in each ? [each] : []);
  const faults = read.flatMap((each) => "machine" in each ? [] : each);
  return { lines, faults, nameOf };
}

function refuseTooMany(count: number): void {
  if (count <= LINES_MAX) return;
  throw new DomainError({
    kind: "invalid_input",
    code: "import.too_many_lines",
    accepted: `at most ${LINES_MAX} machines`,
    message: `a file may have ${LINES_MAX} machines; send it in several`,
  });
}
