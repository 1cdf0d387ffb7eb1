import { expect, test } from "vitest";
import { FLAVOUR_NAMES, type FlavourName, FLAVOURS } from "@/test/fakes/bmc/redfish_flavours.ts";

/** The simulator, spoken to by clients that know nothing of ours: it is not our client's mirror. */

const PROGRAM = new URL("../../fakes/bmc/redfish_main.ts", import.meta.url).pathname;
const SUSHY = new URL("./sushy_session.py", import.meta.url).pathname;
const LOGIN = { username: "admin", password: "planted-Secret-7" };

async function withSimulator<T>(
  flavour: FlavourName,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  const settings = `${folder}/bmc.json`;
  await Deno.writeTextFile(
    settings,
    JSON.stringify({ hostname: "127.0.0.1", port: 0, flavour, ...LOGIN }),
    { mode: 0o600 },
  );
  const args = ["run", "-A", PROGRAM, settings];
  const program = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = program.stdout.getReader();
  try {
    const { value } = await reader.read();
    const { port } = JSON.parse(new TextDecoder().decode(value));
    return await use(`127.0.0.1:${port}`);
  } finally {
    await reader.cancel();
    program.kill("SIGKILL");
    await program.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(command: string, ...args: string[]): Promise<string> {
  const env = { BMC_USER: LOGIN.username, BMC_PASSWORD: LOGIN.password };
  // Of the environment only the path: requests heeds REQUESTS_CA_BUNDLE even when told not to verify.
  const PATH = Deno.env.get("PATH") ?? "/usr/bin:/bin";
  const child = new Deno.Command(command, { args, clearEnv: true, env: { ...env, PATH } });
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command} failed: ${text.decode(stderr)}${text.decode(stdout)}`);
  return text.decode(stdout);
}

test.each(FLAVOUR_NAMES)(
  "sushy switches and boots the simulated machine of %s",
  async (flavour) => {
    const { modeInPatch, system, otherSystems, manager } = FLAVOURS[flavour];
    const mode = modeInPatch === "required" ? "mode" : "none";
    const seen = JSON.parse(
      await withSimulator(flavour, (at) => run("/usr/bin/python3", SUSHY, `https://${at}`, mode)),
    );
    expect(seen).toMatchObject({
      systems: 1 + otherSystems.length,
      id: system.id,
      wish: ["Pxe", "Once"],
      on: ["On", "Disabled"],
      off: "Off",
      manager,
      chassis: ["Off"],
    });
  },
);

test("redfishtool sets the boot override, switches and reads", async () => {
  await withSimulator("dell", async (at) => {
    const tool = (...words: string[]) =>
      run(
        "redfishtool",
        "-r",
        at,
        "-u",
        LOGIN.username,
        "-p",
        LOGIN.password,
        "-S",
        "Always",
        ...words,
      );
    await tool("Systems", "setBootOverride", "Once", "Pxe");
    await tool("Systems", "reset", "On");
    const system = JSON.parse(await tool("Systems", "-1"));
    expect(system).toMatchObject({
      PowerState: "On",
      Boot: { BootSourceOverrideEnabled: "Disabled" },
    });
    const [chassis] = JSON.parse(await tool("Chassis", "-a", "Power")).PowerControl;
    expect(chassis.PowerConsumedWatts).toBe(212);
  });
});
