import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { TestNetwork, type TestProgram, whyNotHere } from "@/test/integration/dhcp/network.ts";
import { atLeast, atMost, type Bench, interleave, median, type Row } from "./bench.ts";
import { peerProgram } from "./peers.ts";

const SERVER = "10.87.0.1";
const CLIENT = "10.87.0.2";
const PORT = 5249;
const NGINX_PORT = 5250;
const ROUNDS = 3;
const MB = 1_000_000;
/** What a client process of curl holds open at once. */
const CURL_PARALLEL_MAX = 250;

const OUR_SERVER = fileURLToPath(new URL("file_server_program.ts", import.meta.url));

interface Load {
  readonly clients: number;
  readonly fileBytes: number;
}

const LOADS: readonly Load[] = [
  { clients: 1, fileBytes: 512 * MB },
  { clients: 32, fileBytes: 32 * MB },
  { clients: 500, fileBytes: 2 * MB },
];

/** Image files over HTTP, beside nginx with sendfile and one worker. */
export const httpBench: Bench = {
  description: "image files to 1, 32 and 500 clients, first fetches, memory; beside nginx",
  async run(log) {
    const reason = whyNotHere("taskset", "curl");
    if (reason) throw new Error(reason);
    const nginx = await peerProgram("nginx", "nginx");
    const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
    await Deno.chmod(folder, 0o755);
    try {
      return await measureIn(folder, nginx, log);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function measureIn(folder: string, nginx: string, log: (line: string) => void) {
  const hashes: string[] = [];
  for (const part of ["cache", "origin"]) await Deno.mkdir(`${folder}/${part}`, { mode: 0o755 });
  for (const [i, { fileBytes }] of LOADS.entries()) {
    hashes.push(await writeFile(`${folder}/origin`, fileBytes, i));
  }
  const network = await TestNetwork.create();
  let nginxProgram: TestProgram | undefined;
  try {
    const server = await network.namespace("server");
    const client = await network.namespace("client");
    await network.link({ namespace: server, device: "lan0", address: `${SERVER}/24` }, {
      namespace: client,
      device: "eth0",
      address: `${CLIENT}/24`,
    });
    nginxProgram = await startNginx(network, server, nginx, folder);
    const ours = await startOurs(network, server, folder);
    const first = await firstFetches({ network, client, hash: hashes[2] ?? "", ours });
    log(`500 first fetches: ${first} from the origin`);
    const before = await ours.cost();
    const rows: Row[] = [];
    for (const [i, load] of LOADS.entries()) {
      const hash = hashes[i] ?? "";
      const urls = [
        `http://${SERVER}:${PORT}/images/${hash}`,
        `http://${SERVER}:${NGINX_PORT}/${hash}`,
      ];
      await fetchAll(network, client, urls[0] ?? "", { ...load, clients: 1 }); // into the cache
      const [us, peer] = await interleave(
        urls.map((url) => () => fetchAll(network, client, url, load)),
        ROUNDS,
      );
      const row = rowOf(load, median(us ?? []), median(peer ?? []));
      log(JSON.stringify(row));
      rows.push(row);
    }
    const after = await ours.cost();
    const grownMb = Math.round((after.residentBytes - before.residentBytes) / MB);
    return {
      rows,
      bars: [
        ...rows.map((row) =>
          atLeast(`${row.clients} clients, to nginx`, Number(row["us/nginx"]), 0.8)
        ),
        atMost("fetches from the origin for 500 first requests", first, 1),
        atMost("growth of memory under load (MB)", grownMb, 32),
      ],
    };
  } finally {
    await nginxProgram?.end("SIGTERM"); // killed, it would leave its worker behind
    await network.remove();
  }
}

function rowOf({ clients, fileBytes }: Load, us: number, nginx: number): Row {
  return {
    clients,
    "file MB": fileBytes / MB,
    "us MB/s": us,
    "nginx MB/s": nginx,
    "us/nginx": Math.round((us / nginx) * 100) / 100,
  };
}

/** A file named after the hash of its content, which differs by `seed`. */
async function writeFile(folder: string, bytes: number, seed: number): Promise<string> {
  const block = Uint8Array.from({ length: MB }, (_, i) => (i * (seed + 7) + (i >> 8)) & 255);
  const hash = createHash("sha256");
  const aside = `${folder}/new`;
  const file = await Deno.open(aside, { write: true, create: true, truncate: true });
  for (let done = 0; done < bytes; done += MB) {
    hash.update(block);
    await file.write(block);
  }
  file.close();
  await Deno.chmod(aside, 0o644);
  const name = hash.digest("hex");
  await Deno.rename(aside, `${folder}/${name}`);
  return name;
}

async function startNginx(
  network: TestNetwork,
  namespace: string,
  nginx: string,
  folder: string,
): Promise<TestProgram> {
  const config = `daemon off; pid ${folder}/nginx.pid; error_log stderr crit; worker_processes 1;
    user root;
    events { worker_connections 2048; }
    http { access_log off; sendfile on; tcp_nopush on; open_file_cache max=100;
      client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
      uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
      server { listen ${SERVER}:${NGINX_PORT}; root ${folder}/origin; } }`;
  await Deno.writeTextFile(`${folder}/nginx.conf`, config);
  const command = ["taskset", "-c", "0", nginx, "-c", `${folder}/nginx.conf`];
  const program = network.start(namespace, command);
  await untilAnswers(network, namespace, `http://${SERVER}:${NGINX_PORT}/`);
  return program;
}

async function untilAnswers(network: TestNetwork, namespace: string, url: string): Promise<void> {
  const patience = ["--retry", "20", "--retry-connrefused", "--retry-delay", "1"];
  await network.exec(namespace, ["curl", "-s", "-o", "/dev/null", ...patience, url]);
}

async function startOurs(network: TestNetwork, namespace: string, folder: string) {
  const command = [Deno.execPath(), "run", "-A", OUR_SERVER];
  const args = [`${folder}/cache`, `${folder}/origin`, String(PORT)];
  const program = network.start(namespace, ["taskset", "-c", "0", ...command, ...args], "piped");
  await program.line(/"ready"/);
  return {
    async cost(): Promise<{ fetches: number; residentBytes: number }> {
      await program.write("cost\n");
      return JSON.parse(await program.line(/"cost"/));
    },
  };
}

/** How often the origin was asked when 500 clients wanted the same for the first time. */
async function firstFetches({ network, client, hash, ours }: {
  network: TestNetwork;
  client: string;
  hash: string;
  ours: Awaited<ReturnType<typeof startOurs>>;
}): Promise<number> {
  const load = { clients: 500, fileBytes: 2 * MB };
  await fetchAll(network, client, `http://${SERVER}:${PORT}/images/${hash}`, load);
  return (await ours.cost()).fetches;
}

/** MB/s of all clients together. */
async function fetchAll(
  network: TestNetwork,
  namespace: string,
  url: string,
  { clients, fileBytes }: Load,
): Promise<number> {
  const startMs = performance.now();
  const processes = Math.ceil(clients / CURL_PARALLEL_MAX);
  await Promise.all(Array.from({ length: processes }, async () => {
    const each = clients / processes;
    const parallel = ["--parallel", "--parallel-immediate", "--parallel-max", String(each)];
    const { stdout } = await network.exec(namespace, [
      "taskset",
      "-c",
      "1",
      "curl",
      "-sS",
      "--fail",
      ...parallel,
      "-o",
      "/dev/null",
      "-w",
      "%{size_download}\n",
      `${url}?[1-${each}]`,
    ]);
    const bytes = stdout.trim().split("\n").reduce((sum, line) => sum + Number(line), 0);
    if (bytes !== each * fileBytes) throw new Error(`${bytes} bytes came, not ${each * fileBytes}`);
  }));
  return (clients * fileBytes) / MB / ((performance.now() - startMs) / 1_000);
}
