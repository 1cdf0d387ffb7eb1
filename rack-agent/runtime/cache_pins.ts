import { readTextIfPresent, writeFileAtomic } from "./atomic_file.ts";

const PINS_FILE = "pins";

/** Files that a person wants to stay whatever the budget, one hash a line. */
export async function readPins(folder: string): Promise<Set<string>> {
  const text = await readTextIfPresent(`${folder}/${PINS_FILE}`) ?? "";
  return new Set(text.split("\n").filter((line) => /^[0-9a-f]{64}$/.test(line)));
}

/** Replaces them; a running agent reads them when it next makes room. */
export async function writePins(folder: string, pins: Iterable<string>): Promise<void> {
  await writeFileAtomic(`${folder}/${PINS_FILE}`, [...pins].map((pin) => `${pin}\n`).join(""));
}
