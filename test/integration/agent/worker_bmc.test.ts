import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSecret } from "@/rack-agent/services/region_sync/site_document.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { MAC, startAgent, type TestAgent } from "./agent_parts.ts";

/**
 * The worker with the machine's own BMC. The kernel's IPMI device is the only part that is played here:
 * the lab's machines have a real one, with OpenIPMI's `ipmi_sim` behind it.
 */

const PYTHON = await new Deno.Command("python3", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

let folder: string;
let agent: TestAgent;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  agent = await startAgent(folder, systemClock);
});
afterEach(async () => {
  await agent.stop();
  await Deno.remove(folder, { recursive: true });
});

/** A BMC with its LAN on channel 8 and three users, as its machine sees it. */
const BMC_PY = `
USERS, LOG = {1: b"", 2: b"ADMIN", 3: b""}, []

def ipmi(netfn, command, data=b""):
    LOG.append((netfn, command, bytes(data)))
    if (netfn, command) == (6, 0x42):
        return bytes([0, data[0], 4 if data[0] == 8 else 0])
    if (netfn, command) == (0x0C, 2):
        return bytes([0, 0x11]) + (bytes([10, 9, 8, 7]) if data[1] == 3 else bytes([2, 0, 0, 0, 0, 9]))
    if (netfn, command) == (6, 0x44):
        return bytes([0, len(USERS), 1, 0, 0])
    if (netfn, command) == (6, 0x46):
        return bytes([0]) + USERS[data[0]].ljust(16, b"\\0")
    if (netfn, command) == (6, 0x45):
        USERS[data[0]] = bytes(data[1:]).rstrip(b"\\0")
    if (netfn, command) == (6, 0x47) and data[1] == 2:
        open(WORK + "/password", "wb").write(bytes(data[2:]).rstrip(b"\\0"))
    return bytes([0])

`;

async function programFor(): Promise<string> {
  agent.leases.set("127.0.0.1", MAC);
  await (await fetch(`${agent.url}/boot/${MAC}/ipxe`)).text();
  const preseed = await fetch(
    `${agent.url}/MAAS/metadata/latest/enlist-preseed/?op=get_enlist_preseed`,
  );
  const source = JSON.parse(/^datasource:\n {2}MAAS: (.*)$/m.exec(await preseed.text())?.[1] ?? "");
  const answer = await fetch(`${agent.url}/MAAS/metadata/2012-03-01/user-data`, {
    headers: {
      authorization: `OAuth oauth_signature_method="PLAINTEXT", ` +
        `oauth_consumer_key="${source.consumer_key}", oauth_token="${source.token_key}", ` +
        `oauth_signature="%26${source.token_secret}"`,
    },
  });
  return await answer.text();
}

async function runJob(program: string, job: string): Promise<string> {
  const [jobs] = program.split("\ndef main():");
  const path = `${folder}/worker.py`;
  const body = (jobs ?? "").replace('WORK = "/run/rackwright"', `WORK = ${JSON.stringify(folder)}`);
  await Deno.writeTextFile(path, `${body}\n${job}\n`);
  const { success, stdout, stderr } = await new Deno.Command("python3", { args: [path] }).output();
  const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  expect(success, said).toBe(true);
  return said;
}

const facts = () => agent.journal.pending(1000);

describe.skipIf(!PYTHON)("a machine that enlists", () => {
  test("finds its BMC, makes a user in it, and tells the password sealed", async () => {
    await agent.apply({ machines: [], enlistImageId: "debian" });
    const said = await runJob(await programFor(), `${BMC_PY}enlist()`);
    const found = facts().find(({ kind }) => kind === "bmc.found");
    expect(found).toMatchObject({
      mac: MAC,
      address: "10.9.8.7",
      bmcMac: "02:00:00:00:00:09",
      username: "rackwright",
    });
    const password = await Deno.readTextFile(`${folder}/password`);
    expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[-_])[\w-]{16}$/);
    const { sealedPassword } = found as unknown as { sealedPassword: string };
    expect(await openSecret(sealedPassword, agent.region.identity.siteKey)).toBe(password);
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || name === "password") continue;
      expect(await Deno.readTextFile(`${folder}/${name}`), name).not.toContain(password);
    }
    expect(said + JSON.stringify(agent.logged)).not.toContain(password);
  });

  test("says why no user could be made, and is enlisted all the same", async () => {
    await agent.apply({ machines: [], enlistImageId: "debian" });
    await runJob(await programFor(), `${BMC_PY}USERS[3] = b"x"\nenlist()`);
    expect(facts()).toContainEqual(
      expect.objectContaining({
        kind: "bmc.not_usable",
        message: "all 3 of its users are taken; remove one",
      }),
    );
    expect(facts().map(({ kind }) => kind)).toContain("machine.enlisted");
  });
});
