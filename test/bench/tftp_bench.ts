import { fileURLToPath } from "node:url";
import { TestNetwork, type TestProgram, whyNotHere } from "@/test/integration/dhcp/network.ts";
import { atLeast, atMost, type Bench, interleave, median, type Row } from "./bench.ts";
import { peerProgram } from "./peers.ts";

const SERVER = "10.86.0.1";
const CLIENT = "10.86.0.2";
const RELAY = "127.0.0.1";
const ROUNDS = 3;

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const OUR_SERVER = path("../integration/tftp/server_program.ts");

/** One load, and what it is held against. */
interface Load {
  readonly clients: number;
  readonly window: number;
  readonly rttMs: number;
  readonly lossRate: number;
  readonly fileBytes: number;
}

const MB = 1_000_000;
const load = (
  clients: number,
  window: number,
  fileBytes: number,
  { rttMs = 0, lossRate = 0 } = {},
): Load => ({ clients, window, rttMs, lossRate, fileBytes });
/** Each long enough that neither side is measured while its code is still being compiled. */
const SINGLE = load(1, 1, 10 * MB);
const SINGLE_WINDOW = load(1, 16, 100 * MB);
const HUNDRED = load(100, 1, MB);
const HUNDRED_WINDOW = load(100, 16, 4 * MB);
const FAR = load(1, 1, 0.7 * MB, { rttMs: 1 });
const FAR_WINDOW = load(1, 16, 5 * MB, { rttMs: 1 });
/** Short where peers wait a whole second for each lost packet. */
const LOSSY = load(1, 1, 0.2 * MB, { rttMs: 1, lossRate: 0.01 });
const LOSSY_WINDOW = load(1, 16, 2 * MB, { rttMs: 1, lossRate: 0.01 });
const LOADS = [
  SINGLE,
  SINGLE_WINDOW,
  HUNDRED,
  HUNDRED_WINDOW,
  FAR,
  FAR_WINDOW,
  LOSSY,
  LOSSY_WINDOW,
];

interface Contender {
  readonly name: string;
  readonly hasWindows: boolean;
  readonly command: readonly string[];
}

interface Measured {
  readonly mbPerSecond: number;
  /** Payload that the server sent, over the files' size; only where a relay counts it. */
  readonly sentRatio?: number;
}

/** Files to firmware, against the servers that racks use. */
export const tftpBench: Bench = {
  description:
    "files to 1 and 100 clients, windows, delay, loss; beside tftpd-hpa, atftpd, dnsmasq",
  async run(log) {
    const reason = whyNotHere("taskset");
    if (reason) throw new Error(reason);
    const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
    await Deno.chmod(folder, 0o755); // peers read it as somebody else
    const contenders = await contendersFor(folder);
    const results = new Map<Load, Map<string, Measured>>();
    try {
      for (const one of LOADS) {
        await Deno.writeFile(`${folder}/file`, new Uint8Array(one.fileBytes).fill(0x5a), {
          mode: 0o644,
        });
        results.set(one, await measureAll(one, contenders, folder, log));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    return { rows: LOADS.map((one) => rowOf(one, results.get(one))), bars: barsOf(results) };
  },
};

async function contendersFor(folder: string): Promise<Contender[]> {
  const [hpa, atftpd, dnsmasq] = await Promise.all([
    peerProgram("in.tftpd", "tftpd-hpa"),
    peerProgram("atftpd", "atftpd"),
    peerProgram("dnsmasq", "dnsmasq-base"),
  ]);
  return [
    {
      name: "us",
      hasWindows: true,
      command: [Deno.execPath(), "run", "-A", OUR_SERVER, folder, SERVER],
    },
    {
      name: "tftpd-hpa",
      hasWindows: false,
      command: [hpa, "--foreground", "--listen", "--address", SERVER, "-u", "nobody", "-s", folder],
    },
    {
      name: "atftpd",
      hasWindows: true,
      command: [
        atftpd,
        "--daemon",
        "--no-fork",
        "--bind-address",
        SERVER,
        "--maxthread",
        "300",
        "--user",
        "nobody",
        "--group",
        "nogroup",
        "--verbose=0",
        folder,
      ],
    },
    {
      name: "dnsmasq",
      hasWindows: false,
      command: [
        dnsmasq,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--pid-file=",
        "--port=0",
        "--enable-tftp",
        "--tftp-max=300",
        `--tftp-root=${folder}`,
        `--listen-address=${SERVER}`,
        "--bind-interfaces",
        "--user=root",
        "--log-facility=/dev/null",
      ],
    },
  ];
}

/** Every server runs all the time, and the load goes to one of them at a time. */
async function measureAll(
  one: Load,
  contenders: readonly Contender[],
  folder: string,
  log: (line: string) => void,
): Promise<Map<string, Measured>> {
  const able = contenders.filter(({ hasWindows }) => one.window === 1 || hasWindows);
  const { size } = await Deno.stat(`${folder}/file`);
  const network = await TestNetwork.create();
  try {
    const clients = await Promise.all(able.map((each, i) => startServer(network, each, i)));
    const measured = await interleave(
      able.map(({ name }, i) => async () => {
        const result = await measure(one, network, clients[i] ?? "", size);
        log(`${nameOf(one)}: ${name} ${result.mbPerSecond.toFixed(2)} MB/s`);
        return result;
      }),
      ROUNDS + 1,
    );
    // The first round is for servers that get faster as they run.
    return new Map(able.map(({ name }, i) => [name, middleOf(measured[i]?.slice(1) ?? [])]));
  } finally {
    await network.remove();
  }
}

function middleOf(results: readonly Measured[]): Measured {
  const ratios = results.flatMap(({ sentRatio }) => sentRatio ?? []);
  return {
    mbPerSecond: median(results.map(({ mbPerSecond }) => mbPerSecond)),
    ...(ratios.length > 0 ? { sentRatio: median(ratios) } : {}),
  };
}

/** Starts a server in a namespace of its own; returns the namespace its clients are in. */
async function startServer(
  network: TestNetwork,
  { command }: Contender,
  number: number,
): Promise<string> {
  const server = await network.namespace(`server${number}`);
  const client = await network.namespace(`client${number}`);
  await network.link({ namespace: server, device: "lan0", address: `${SERVER}/24` }, {
    namespace: client,
    device: "eth0",
    address: `${CLIENT}/24`,
  });
  network.start(server, ["taskset", "-c", "0", ...command]);
  await fetchFile(network, client, CLIENT, SERVER, { clients: 1, window: 1 }); // until it answers
  return client;
}

async function measure(
  one: Load,
  network: TestNetwork,
  client: string,
  fileBytes: number,
): Promise<Measured> {
  const hasRelay = one.rttMs > 0 || one.lossRate > 0;
  const relay = hasRelay ? await startRelay(network, client, one) : undefined;
  const [local, target] = relay ? [RELAY, RELAY] : [CLIENT, SERVER];
  const { bytes, seconds } = await fetchFile(network, client, local, target, one);
  if (bytes !== one.clients * fileBytes) throw new Error(`${bytes} bytes came`);
  const sentBytes = relay && await bytesThrough(relay);
  return {
    mbPerSecond: bytes / seconds / MB,
    ...(sentBytes === undefined ? {} : { sentRatio: sentBytes / bytes }),
  };
}

async function startRelay(network: TestNetwork, namespace: string, { rttMs, lossRate }: Load) {
  const program = [Deno.execPath(), "run", "-A", path("tftp_relay.ts")];
  const args = [RELAY, CLIENT, SERVER, String(rttMs / 2), String(lossRate)];
  const relay = network.start(namespace, ["taskset", "-c", "1", ...program, ...args]);
  await relay.line(/"ready"/);
  return relay;
}

async function bytesThrough(relay: TestProgram): Promise<number> {
  await relay.end("SIGTERM");
  const line = await relay.line(/serverBytes/);
  return Number(JSON.parse(line).serverBytes);
}

async function fetchFile(
  network: TestNetwork,
  namespace: string,
  local: string,
  target: string,
  { clients, window }: Pick<Load, "clients" | "window">,
): Promise<{ bytes: number; seconds: number }> {
  const program = [Deno.execPath(), "run", "-A", path("tftp_client.ts")];
  const args = [local, target, "file", String(clients), String(window)];
  const { stdout } = await network.exec(namespace, ["taskset", "-c", "1", ...program, ...args]);
  return JSON.parse(stdout);
}

function nameOf({ clients, window, rttMs, lossRate }: Load): string {
  return `${clients} clients, window ${window}, ${rttMs} ms, ${lossRate * 100} % loss`;
}

function rowOf(one: Load, measured: ReadonlyMap<string, Measured> | undefined): Row {
  const us = measured?.get("us");
  return {
    clients: one.clients,
    window: one.window,
    rttMs: one.rttMs,
    lossPercent: one.lossRate * 100,
    ...Object.fromEntries([...measured ?? []].map(([name, m]) => [`${name} MB/s`, m.mbPerSecond])),
    ...(us?.sentRatio === undefined ? {} : { "us sent/file": us.sentRatio }),
  };
}

function barsOf(results: ReadonlyMap<Load, ReadonlyMap<string, Measured>>) {
  const speed = (one: Load, name: string) => results.get(one)?.get(name)?.mbPerSecond ?? 0;
  const best = (one: Load) =>
    Math.max(...["tftpd-hpa", "atftpd", "dnsmasq"].map((name) => speed(one, name)));
  const toBest = (one: Load) => round(speed(one, "us") / best(one));
  const toAtftpd = (one: Load) => round(speed(one, "us") / speed(one, "atftpd"));
  const sent = (one: Load) => round(results.get(one)?.get("us")?.sentRatio ?? Infinity);
  const perRtt = round(speed(FAR_WINDOW, "us") / speed(FAR, "us"));
  return [
    atLeast("1 client without window, to the best", toBest(SINGLE), 0.9),
    atLeast("100 clients without window, to the best", toBest(HUNDRED), 0.9),
    atLeast("1 client at 1 ms without window, to the best", toBest(FAR), 0.9),
    atLeast("1 client, window 16, to atftpd", toAtftpd(SINGLE_WINDOW), 1.5),
    atLeast("100 clients, window 16, to atftpd", toAtftpd(HUNDRED_WINDOW), 3),
    atLeast("window 16 to lock-step at 1 ms", perRtt, 8),
    atMost("bytes sent at 1 % loss, to the file's", sent(LOSSY), 1.3),
    atMost("bytes sent at 1 % loss, window 16, to the file's", sent(LOSSY_WINDOW), 1.3),
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
