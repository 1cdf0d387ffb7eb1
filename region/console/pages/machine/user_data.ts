/** What user-data is, as cloud-init tells by its first line. */
export type UserDataCheck =
  | { readonly kind: "empty" }
  | { readonly kind: "ok"; readonly lines: number }
  | { readonly kind: "fault"; readonly line: number; readonly message: string };

const BYTES_MAX = 262_144;

/** https://cloudinit.readthedocs.io/en/latest/explanation/format.html */
const HEADERS = [
  "#cloud-config",
  "#cloud-config-archive",
  "#cloud-boothook",
  "#include",
  "#include-once",
  "#part-handler",
  "#!",
  "## template: jinja",
  "Content-Type: multipart/",
  "MIME-Version:",
];

/** Says what is wrong before a machine is booted for it; YAML is looked through by its parser. */
export async function checkUserData(text: string): Promise<UserDataCheck> {
  if (text.trim() === "") return { kind: "empty" };
  const fault = (line: number, message: string): UserDataCheck => ({
    kind: "fault",
    line,
    message,
  });
  const lines = text.split("\n");
  const [first = ""] = lines;
  const size = new TextEncoder().encode(text).length;
  if (size > BYTES_MAX) return fault(lines.length, `has ${size} bytes, and may have ${BYTES_MAX}`);
  const header = HEADERS.find((each) => first.startsWith(each));
  if (!header) {
    const seen = first.trim() === "" ? "an empty line" : `"${first.slice(0, 40)}"`;
    return fault(1, `begins with ${seen}; cloud-init knows it by #cloud-config, #! and the like`);
  }
  if (first.trim() !== "#cloud-config") return { kind: "ok", lines: lines.length };
  const { parseDocument } = await import("yaml");
  // cloud-init reads YAML 1.1, in which yes is true and 0755 is octal.
  const document = parseDocument(text, { version: "1.1" });
  const [error] = document.errors;
  if (error) {
    const [message = "is not YAML"] = error.message.split("\n");
    return fault(error.linePos?.[0].line ?? 1, message.replace(/ at line \d+.*$/, ""));
  }
  const value: unknown = document.toJS();
  const isMap = value === null || (typeof value === "object" && !Array.isArray(value));
  if (!isMap) return fault(2, "is not a set of names with values, such as packages: [jq]");
  return { kind: "ok", lines: lines.length };
}
