import { FILES } from "./virtual_machine.ts";

/** What a machine is really doing: its QEMU process, and what that was told to boot first. */
export type RunningHardware =
  | { readonly power: "off" }
  | { readonly power: "on"; readonly bootsFirst: "network" | "disk" };

/** Looks at the process of the machine built in `folder`; a number that was given anew is nobody. */
export async function runningHardware(folder: string): Promise<RunningHardware> {
  const pid = Number(await readOr(`${folder}/${FILES.pid}`, "0"));
  const commandLine = pid > 0 ? (await readOr(`/proc/${pid}/cmdline`, "")).split("\0") : [];
  const first = async (order: string) => {
    const wanted = (await Deno.readTextFile(`${folder}/${order}.args`)).trim().split("\n");
    return wanted.every((word) => commandLine.includes(word));
  };
  if (await first("network")) return { power: "on", bootsFirst: "network" };
  if (await first("disk")) return { power: "on", bootsFirst: "disk" };
  return { power: "off" };
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return otherwise;
    throw error;
  }
}
