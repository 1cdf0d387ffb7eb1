/** The simulated BMCs in a process of their own. */
export interface Fleet {
  readonly pid: number;
  /** Address of the n-th BMC, from 0. */
  address(n: number): string;
  stop(): Promise<void>;
}

export const FLEET_PORT = 6230;
export const FLEET_USER = { username: "admin", password: "bench-password" };
const PROGRAM = new URL("../../fakes/bmc/ipmi_farm.ts", import.meta.url).pathname;

/** Starts `count` BMCs from 127.1.0.1 on; of each hundred the first are dead and the next slow. */
export async function startFleet(
  count: number,
  faults: { deadPercent?: number; slowPercent?: number; slowMs?: number } = {},
): Promise<Fleet> {
  const { deadPercent = 0, slowPercent = 0, slowMs = 2_000 } = faults;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", PROGRAM, "--count", String(count)],
      ...["--port", String(FLEET_PORT), "--username", FLEET_USER.username],
      ...["--dead-percent", String(deadPercent), "--slow-percent", String(slowPercent)],
      ...["--slow-ms", String(slowMs)],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stdin = child.stdin.getWriter();
  await stdin.write(new TextEncoder().encode(`${FLEET_USER.password}\n`));
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await lines.read();
  if (!value?.includes("ready")) throw new Error("the simulated BMCs did not start");
  return {
    pid: child.pid,
    address: (n) => `127.1.${(n + 1) >> 8}.${(n + 1) & 255}`,
    stop: async () => {
      await stdin.close();
      await child.status;
    },
  };
}

/** proc(5): user and system time of a process in ms, its own and of children waited for. */
export async function cpuMs(pid: number | "self"): Promise<{ own: number; children: number }> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11);
  const ms = (ticks: number) => ticks * 10; // 100 ticks a second on every Linux that we run on
  return { own: ms(user + system), children: ms(childUser + childSystem) };
}

/** proc(5): resident memory now, MiB. */
export async function residentMib(pid: number | "self"): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024;
}
