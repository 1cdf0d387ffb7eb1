import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import { decodePresencePong, encodePresencePing } from "@/rack-agent/wire/ipmi/asf.ts";
import { EVENT_RECORDS, READINGS, SENSOR_RECORDS } from "@/test/fakes/bmc/ipmi_records.ts";

/** Both programs of the Debian packages `openipmi` and `ipmitool`. */
export const HAS_PEERS = ["ipmi_sim", "ipmitool"].every((program) =>
  spawnSync("which", [program]).status === 0
);

export const ADMIN = { username: "admin", password: "hunter2-planted" };
export const OPERATOR = { username: "oper", password: "0perator-planted" };

/** A running BMC of OpenIPMI's simulator whose machine is two files. */
export interface IpmiSim {
  readonly port: number;
  /** What the BMC told its machine so far: lines such as `set power 1`. */
  orders(): string[];
  power(): "on" | "off";
  stop(): Promise<void>;
}

/** Keeps the machine's power and boot device in files and answers as `chassis_control` must. */
const CHASSIS = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
shift
echo "$@" >> orders
verb=$1
shift
case $verb in
get)
  for key in "$@"; do echo "$key:$(cat "$key")"; done ;;
set)
  while [ $# -gt 0 ]; do
    case $1 in
    power | boot) echo "$2" > "$1" ;;
    shutdown) echo 0 > power ;;
    esac
    shift 2
  done ;;
esac
`;

/** One sensor, described by the record that our own simulator has, and one entry in its log. */
const COMMANDS = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
sel_add 0x20 0x02 ${hexBytes(EVENT_RECORDS[1]?.subarray(3))}
sensor_add 0x20 0 1 0x01 0x01
sensor_set_event_support 0x20 0 1 enable scanning per-state 000000000000000 000000000000000 000000000000000 000000000000000
sensor_set_value 0x20 0 1 ${READINGS[1]} 0
main_sdr_add 0x20 ${hexBytes(SENSOR_RECORDS[1])}
mc_enable 0x20
`;

function hexBytes(bytes: Uint8Array = new Uint8Array(0)): string {
  return Array.from(bytes, (octet) => `0x${octet.toString(16)}`).join(" ");
}

function config(folder: string, port: number, kg: string | undefined): string {
  const users = [[2, ADMIN, "admin"], [3, OPERATOR, "operator"]] as const;
  return `name "bmc1"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789000001
    ${kg === undefined ? "" : `bmc_key "${kg}"`}
    lan_config_program "/bin/true"
  endlan
  chassis_control "${join(folder, "chassis")} 1"
${
    users.map(([id, { username, password }, level]) =>
      `  user ${id} true "${username}" "${password}" ${level} 10 none md2 md5 straight\n`
    ).join("")
  }`;
}

/** Starts a simulator on 127.0.0.1 and waits until it answers. The machine is off. */
export async function startIpmiSim(
  options: { kg?: string; port?: number } = {},
): Promise<IpmiSim> {
  const folder = mkdtempSync(join(tmpdir(), "rackwright-ipmi-"));
  const port = options.port ?? await freeUdpPort();
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "chassis"), CHASSIS);
  chmodSync(join(folder, "chassis"), 0o755);
  writeFileSync(join(folder, "power"), "0\n");
  writeFileSync(join(folder, "boot"), "none\n");
  writeFileSync(join(folder, "orders"), "");
  writeFileSync(join(folder, "lan.conf"), config(folder, port, options.kg));
  writeFileSync(join(folder, "sim.emu"), COMMANDS);
  const files = ["-c", join(folder, "lan.conf"), "-f", join(folder, "sim.emu")];
  const process = spawn("ipmi_sim", ["-n", "-p", ...files, "-s", join(folder, "state")], {
    stdio: "ignore",
  });
  await untilAnswering(port);
  const read = (name: string) => readFileSync(join(folder, name), "utf8").trim();
  return {
    port,
    orders: () => read("orders").split("\n").filter((line) => line.startsWith("set")),
    power: () => read("power") === "1" ? "on" : "off",
    stop: async () => {
      await ended(process);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `ipmitool` against a BMC on 127.0.0.1; `output` holds both streams. */
export function ipmitool(
  target: {
    port: number;
    address?: string;
    suite?: CipherSuiteId;
    username?: string;
    password?: string;
    kg?: string;
    version?: "1.5" | "2.0";
  },
  ...command: string[]
): Promise<{ status: number; output: string }> {
  const { username = ADMIN.username, password = ADMIN.password, suite = 3, kg } = target;
  const how = target.version === "1.5"
    ? ["-I", "lan", "-A", "MD5"]
    : ["-I", "lanplus", "-C", String(suite)];
  const own = [...how, "-H", target.address ?? "127.0.0.1", "-p", String(target.port)];
  const login = ["-U", username, "-E", ...(kg === undefined ? [] : ["-k", kg])];
  const process = spawn("ipmitool", [...own, ...login, ...command], {
    env: { ...globalThis.process?.env, IPMI_PASSWORD: password },
  });
  let output = "";
  process.stdout.on("data", (text) => output += text);
  process.stderr.on("data", (text) => output += text);
  return new Promise((resolve) =>
    process.on("close", (status) => resolve({ status: status ?? -1, output }))
  );
}

export function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

const READY_MS_MAX = 10_000;
const PING_MS = 50;

/** Pings until the pong comes: the simulators say nothing else when they are ready. */
function untilAnswering(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const ping = setInterval(() => {
      socket.send(encodePresencePing(1), port, "127.0.0.1", () => undefined);
    }, PING_MS);
    const end = (settle: () => void) => {
      clearInterval(ping);
      clearTimeout(limit);
      socket.close();
      settle();
    };
    const limit = setTimeout(
      () => end(() => reject(new Error("ipmi_sim did not start"))),
      READY_MS_MAX,
    );
    socket.on("message", (bytes) => {
      if (decodePresencePong(Uint8Array.from(bytes)).supportsIpmi) end(resolve);
    });
  });
}

export function ended(process: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process.exitCode !== null) return resolve();
    process.on("close", () => resolve());
    process.kill("SIGKILL");
  });
}
