import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import { workerUserData } from "@/rack-agent/protocol/metadata/worker_py.ts";

/** The worker's BMC part against OpenIPMI's BMC, as its machine sees it; ipmitool then logs in. */

const PEERS = ["ipmi_sim", "ipmitool", "python3"];
const MISSING = PEERS.filter((program) => spawnSync("which", [program]).status !== 0);
if (MISSING.length > 0) console.warn(`skipped: this host lacks ${MISSING.join(", ")}`);

const LAN = `#!/bin/sh
shift
for name in "$@"; do
  case $name in
  ip_addr) echo ip_addr:127.0.0.1 ;;
  ip_addr_src) echo ip_addr_src:static ;;
  *mac_addr) echo "$name:02:00:00:00:00:09" ;;
  *) echo "$name:0.0.0.0" ;;
  esac
done
`;
const COMMANDS = "mc_setbmc 0x20\n" +
  "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n";

const lanConfig = (udp: number, tcp: number) =>
  `name "own"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${udp}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789000001
    lan_config_program "./lan.sh"
  endlan
  serial 15 127.0.0.1 ${tcp} codec VM
  user 2 true "admin" "planted-1" admin 10 none md2 md5 straight
`;

test.skipIf(MISSING.length > 0)(
  "a user is made in OpenIPMI's BMC, and may switch the machine",
  async () => {
    const folder = await Deno.makeTempDir();
    const [udp, tcp] = [await freeUdpPort(), await freeTcpPort()];
    await Deno.mkdir(`${folder}/state`);
    await Deno.writeTextFile(`${folder}/lan.sh`, LAN, { mode: 0o700 });
    await Deno.writeTextFile(`${folder}/lan.conf`, lanConfig(udp, tcp));
    await Deno.writeTextFile(`${folder}/bmc.emu`, COMMANDS);
    const args = ["-n", "-c", "lan.conf", "-f", "bmc.emu", "-s", "state"];
    const sim = new Deno.Command("ipmi_sim", { args, cwd: folder, stdout: "null", stderr: "null" })
      .spawn();
    try {
      const ask = async (user: string, password: string, ...words: string[]) => {
        const at = [
          "-I",
          "lanplus",
          "-C",
          "3",
          "-H",
          "127.0.0.1",
          "-p",
          `${udp}`,
          "-U",
          user,
          "-E",
        ];
        const env = { IPMI_PASSWORD: password };
        const { stdout } = await new Deno.Command("ipmitool", { args: [...at, ...words], env })
          .output();
        return new TextDecoder().decode(stdout);
      };
      await expect.poll(() => ask("admin", "planted-1", "power", "status"), { timeout: 10_000 })
        .toContain("is off");
      const found = await findBmc(folder, tcp);
      expect(found).toMatchObject({
        address: "127.0.0.1",
        mac: "02:00:00:00:00:09",
        username: "rackwright",
      });
      expect(await ask("rackwright", found.password, "-L", "ADMINISTRATOR", "power", "status"))
        .toContain("is off");
      const again = await findBmc(folder, tcp); // the same user gets a new password
      expect(again.password).not.toBe(found.password);
      expect(await ask("rackwright", found.password, "power", "status")).toBe("");
      const users = await ask(
        "rackwright",
        again.password,
        "-L",
        "ADMINISTRATOR",
        "user",
        "list",
        "1",
      );
      expect(users.match(/rackwright/g)).toHaveLength(1);
    } finally {
      sim.kill("SIGKILL");
      await sim.status;
      await Deno.remove(folder, { recursive: true });
    }
  },
  60_000,
);

/** What the worker tells, with the simulator in place of the kernel's device. */
async function findBmc(folder: string, tcp: number) {
  const job = {
    purpose: "enlist",
    signalUrl: "",
    consumerKey: "",
    tokenKey: "",
    tokenSecret: "",
  } as const;
  const [jobs] = workerUserData({ ...job, makesBmcUser: true }).split("\ndef main():");
  const codec = await Deno.readTextFile(new URL("./vm_codec.py", import.meta.url));
  const program = `${jobs}\n${codec}\nprint(json.dumps(found_bmc()))\n`;
  await Deno.writeTextFile(`${folder}/worker.py`, program, { mode: 0o600 });
  const env = { VM_CODEC_PORT: String(tcp) };
  const { stdout, stderr } = await new Deno.Command("python3", {
    args: [`${folder}/worker.py`],
    env,
  }).output();
  const text = new TextDecoder();
  expect(text.decode(stderr)).toBe("");
  return JSON.parse(text.decode(stdout));
}

function freeTcpPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port ?? 0 : 0;
      server.close(() => resolve(port));
    });
  });
}

function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => {
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
