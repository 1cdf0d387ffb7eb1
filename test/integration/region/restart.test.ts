import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

/** Starting PostgreSQL on a busy host takes its time. */
const START_MS = 60_000;
const ROOT = new URL("../../../", import.meta.url).pathname;

interface Running {
  readonly child: Deno.ChildProcess;
  readonly url: string;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<number>;
}

let folder: string;
const running: Running[] = [];
beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "rackwright-region-" });
  await Deno.chmod(folder, 0o755);
});
afterEach(async () => {
  for (const region of running.splice(0)) {
    await killed(region, "SIGTERM");
  }
});
afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs the real program; resolves when it listens or has ended. */
async function start(env: Record<string, string>, command: string[] = []): Promise<Running> {
  const listen = env.RACKWRIGHT_LISTEN ?? `127.0.0.1:${freePort()}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${ROOT}region/main.ts`, ...command],
    cwd: ROOT,
    env: { DATABASE_URL: "", RACKWRIGHT_LISTEN: listen, ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = { stdout: "", stderr: "" };
  const isUp = Promise.withResolvers<void>();
  const drain = async (name: "stdout" | "stderr") => {
    for await (const text of child[name].pipeThrough(new TextDecoderStream())) {
      output[name] += text;
      if (output.stderr.includes("region.listening")) isUp.resolve();
    }
  };
  const drained = Promise.all([drain("stdout"), drain("stderr")]);
  const ended = child.status.then(async ({ code }) => {
    await drained;
    isUp.resolve();
    return code;
  });
  await isUp.promise;
  const region = { child, url: `http://${listen}`, output, ended };
  running.push(region);
  return region;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function killed(region: Running, signal: Deno.Signal): Promise<number> {
  try {
    region.child.kill(signal);
  } catch {
    // it had ended
  }
  return await region.ended;
}

async function readCredentials(path: string): Promise<{ password: string; apiKey: string }> {
  return JSON.parse(await Deno.readTextFile(path));
}

const call = async (region: Running, method: string, path: string, key: string, body?: unknown) => {
  const response = await fetch(`${region.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
};

const postmaster = async (data: string) =>
  processNumber((await Deno.readTextFile(`${data}/postgres/data/postmaster.pid`)).split("\n")[0]);

/** Number("") is 0, and a signal to 0 ends the whole test run. */
function processNumber(text: string | undefined): number {
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid < 2) throw new Error(`${text} is not the number of a process`);
  return pid;
}

describe("a region on one host", () => {
  test("shows its first credentials once, and keeps its data whoever is killed", async () => {
    const data = `${folder}/kept`;
    const file = `${folder}/first.json`;
    const env = { RACKWRIGHT_DATA: data, RACKWRIGHT_BOOTSTRAP_FILE: file };
    const first = await start(env);
    const { apiKey, password } = await readCredentials(file);
    expect((await Deno.stat(file)).mode! & 0o777).toBe(0o600);
    expect((await Deno.stat(`${data}/secrets.json`)).mode! & 0o777).toBe(0o600);
    expect(first.output.stdout).toContain(password);
    expect(first.output.stdout).toContain(apiKey);
    expect(first.output.stderr).not.toContain(password);
    expect(first.output.stderr).not.toContain(apiKey.slice(17));
    expect((await call(first, "POST", "/sites", apiKey, { name: "one" })).status).toBe(201);

    await killed(first, "SIGKILL");
    const second = await start(env);
    expect(second.output.stdout, second.output.stderr).toBe("");
    expect((await call(second, "POST", "/sites", apiKey, { name: "two" })).status).toBe(201);

    Deno.kill(await postmaster(data), "SIGKILL");
    expect(await second.ended).toBe(1);
    expect(second.output.stderr).toContain("database server ended by itself");

    const third = await start(env);
    const { body } = await call(third, "GET", "/sites", apiKey);
    expect(body.sites.map((site: { name: string }) => site.name)).toEqual(["one", "two"]);
    const pid = await postmaster(data);
    expect(await killed(third, "SIGTERM")).toBe(0);
    expect(third.output.stderr).toContain("region.stopped");
    expect(isAlive(pid)).toBe(false);
  }, 3 * START_MS);

  test("stops a server that was left behind with nobody to watch it", async () => {
    const data = `${folder}/orphan`;
    const first = await start({ RACKWRIGHT_DATA: data });
    const pid = await postmaster(data);
    const shell = processNumber(
      /^PPid:\s+(\d+)/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1],
    );
    // Both shells: the one that waits for the server, and the one that watches our pipe.
    for (const each of [...await childrenOf(shell), shell]) {
      if (each !== pid) Deno.kill(each, "SIGKILL");
    }
    await killed(first, "SIGKILL");
    expect(isAlive(pid)).toBe(true);
    const second = await start({ RACKWRIGHT_DATA: data });
    expect(second.output.stderr).toContain("region.listening");
    expect(isAlive(pid)).toBe(false);
  }, 2 * START_MS);

  test("says in one sentence why it cannot start", async () => {
    const data = `${folder}/busy`;
    const first = await start({ RACKWRIGHT_DATA: data });

    const samePort = await start({
      RACKWRIGHT_DATA: `${folder}/other`,
      RACKWRIGHT_LISTEN: first.url.slice("http://".length),
    });
    expect(await samePort.ended).toBe(1);
    expect(samePort.output.stderr).toMatch(/cannot listen on .*: another program listens there/);

    const sameFolder = await start({ RACKWRIGHT_DATA: data });
    expect(await sameFolder.ended).toBe(1);
    expect(sameFolder.output.stderr)
      .toContain(`${data} is in use by another region (process ${first.child.pid})`);

    const noFolder = await start({ RACKWRIGHT_DATA: "/dev/null/region" });
    expect(await noFolder.ended).toBe(1);
    expect(noFolder.output.stderr).toContain("cannot use /dev/null/region");

    const old = `${folder}/old`;
    await Deno.mkdir(`${old}/postgres/data`, { recursive: true });
    await Deno.writeTextFile(`${old}/postgres/data/PG_VERSION`, "16\n");
    const oldVersion = await start({ RACKWRIGHT_DATA: old });
    expect(await oldVersion.ended).toBe(1);
    expect(oldVersion.output.stderr).toContain("was made by PostgreSQL 16, this is 18");

    const wrong = await start({ RACKWRIGHT_LISTEN: "5240", RACKWRIGHT_DATA: "data" });
    expect(await wrong.ended).toBe(1);
    expect(wrong.output.stderr).toMatch(/RACKWRIGHT_LISTEN[^]*RACKWRIGHT_DATA/);
    for (const { output } of [samePort, sameFolder, noFolder, oldVersion]) {
      expect(output.stderr.split("\n").filter((line) => line && !line.startsWith("{")))
        .toHaveLength(1);
    }
  }, 4 * START_MS);

  test(
    "replaces its seal key and verifies its audit by command, and refuses another's secrets",
    async () => {
      const data = `${folder}/rotated`;
      const file = `${folder}/rotated.json`;
      const env = { RACKWRIGHT_DATA: data, RACKWRIGHT_BOOTSTRAP_FILE: file };
      const first = await start(env);
      const { apiKey } = await readCredentials(file);
      await call(first, "POST", "/sites", apiKey, { name: "one" });
      const held = await start(env, ["rotate-secrets"]);
      expect([await held.ended, held.output.stderr]).toEqual([
        1,
        expect.stringContaining("in use by another region"),
      ]);
      await killed(first, "SIGTERM");
      const before = JSON.parse(await Deno.readTextFile(`${data}/secrets.json`));

      const rotated = await start(env, ["rotate-secrets"]);
      expect([await rotated.ended, rotated.output.stdout]).toEqual([
        0,
        expect.stringContaining("1 secrets are sealed anew"),
      ]);
      const after = JSON.parse(await Deno.readTextFile(`${data}/secrets.json`));
      expect(after.sealKey.id).not.toBe(before.sealKey.id);
      expect(after.signingKeys).toEqual(before.signingKeys);
      expect(JSON.stringify(after)).not.toContain(before.sealKey.key);

      const verified = await start(env, ["verify-audit"]);
      expect([await verified.ended, verified.output.stdout]).toEqual([
        0,
        expect.stringMatching(/^1 entries are as they were written; the chain ends at 1 with /),
      ]);
      const unknown = await start(env, ["make-coffee"]);
      expect([await unknown.ended, unknown.output.stderr]).toEqual([
        2,
        expect.stringContaining('"make-coffee" is not a command'),
      ]);

      await Deno.writeTextFile(`${data}/secrets.json`, JSON.stringify(before));
      const old = await start(env);
      expect([await old.ended, old.output.stderr]).toEqual([
        1,
        expect.stringContaining(`1 by the key ${after.sealKey.id}`),
      ]);
      await Deno.writeTextFile(`${data}/secrets.json`, JSON.stringify(after));
      const again = await start(env);
      const site = await call(again, "POST", "/sites", apiKey, { name: "two" });
      expect(site.body.publishedGeneration).toBe(1);
    },
    6 * START_MS,
  );
});

async function childrenOf(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** A zombie has ended; who inherits it may never look. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
