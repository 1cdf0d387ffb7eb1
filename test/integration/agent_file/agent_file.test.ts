import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildAgent, hostArch } from "@/infra/agent_build/build_agent.ts";
import { AGENT_VERSION } from "@/rack-agent/version.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const canRun = Deno.build.os === "linux" && Deno.uid() === 0;
if (!canRun) console.warn("the built agent is not tested: it needs Linux and root");

let folder = "";
let built = "";

beforeAll(async () => {
  if (!canRun) return;
  folder = await Deno.makeTempDir({ dir: "/var/tmp" });
  built = await buildAgent({ arch: hostArch(), form: "self-extracting", log: () => {} });
});
afterAll(async () => {
  if (folder) await Deno.remove(folder, { recursive: true });
});

/** Runs the file as a host without Deno does. */
async function run(program: string, ...args: string[]) {
  const command = new Deno.Command(program, {
    args,
    cwd: folder,
    clearEnv: true,
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: folder,
      RACKWRIGHT_AGENT_UNPACKED: `${folder}/unpacked`,
    },
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

test.skipIf(!canRun)("it names its version, commit and protocol", async () => {
  const { stdout } = await run(built, "--version");
  expect(stdout).toMatch(/^rackwright-agent \S+ \(commit \S+, protocol v1\)\n$/);
  expect(stdout).toContain(AGENT_VERSION);
  expect(stdout).not.toContain("commit none");
});

test.skipIf(!canRun)("it unpacks once, also when started several times at once", async () => {
  const starts = await Promise.all([1, 2, 3].map(() => run(built, "--version")));
  expect(starts.map(({ code }) => code)).toEqual([0, 0, 0]);
  const versions = [...Deno.readDirSync(`${folder}/unpacked`)].map(({ name }) => name);
  expect(versions).toHaveLength(1);
});

test.skipIf(!canRun)("check says what is wrong with this host, a line each", async () => {
  const { code, stdout } = await run(built, "check", "--json", "--data", `${folder}/data`);
  expect(code).toBe(1);
  const findings: { code: string; level: string; saw: string; advice?: string }[] = JSON.parse(
    stdout,
  );
  expect(findings.find(({ code }) => code === "check.region")).toMatchObject({
    level: "problem",
    saw: `this host has joined no site: ${folder}/data/identity.json is missing`,
  });
  expect(findings.filter(({ code }) => code === "check.port")).toHaveLength(6);
  const lacking = findings.filter(({ level, advice }) => level === "problem" && !advice);
  expect(lacking).toEqual([]);
});

test.skipIf(!canRun)(
  "it installs below a folder, runs from there, and is removed again",
  async () => {
    const root = `${folder}/root`;
    expect(await run(built, "install", "--root", root)).toMatchObject({ code: 0, stderr: "" });
    const unit = await Deno.readTextFile(`${root}/etc/systemd/system/rackwright-agent.service`);
    expect(unit).toContain("ExecStart=/usr/local/bin/rackwright-agent run");
    const installed = `${root}/usr/local/bin/rackwright-agent`;
    // The service's account has to get to its data, and nobody else into it.
    const modeOf = (path: string) => ((Deno.statSync(root + path).mode ?? 0) & 0o777).toString(8);
    expect(modeOf("/var/lib/rackwright")).toBe("755");
    expect(modeOf("/var/lib/rackwright/agent")).toBe("700");
    expect(modeOf("/usr/lib/rackwright-agent")).toBe("755");
    expect((await run(installed, "--version")).stdout).toContain(AGENT_VERSION);
    const unpacked = [...Deno.readDirSync(`${root}/usr/lib/rackwright-agent`)];
    expect(unpacked).toHaveLength(1);
    expect((await run(installed, "install", "--root", root)).code).toBe(0); // again
    await Deno.writeTextFile(`${root}/var/lib/rackwright/agent/kept`, "");
    expect((await run(built, "uninstall", "--root", root)).stdout).toContain("is kept");
    expect(filesBelow(root)).toEqual(["/var/lib/rackwright/agent/kept"]);
    await run(built, "uninstall", "--root", root, "--purge");
    expect(filesBelow(root)).toEqual([]);
  },
);

function filesBelow(root: string, folder = ""): string[] {
  return [...Deno.readDirSync(root + folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(root, `${folder}/${name}`) : [`${folder}/${name}`]
  );
}
