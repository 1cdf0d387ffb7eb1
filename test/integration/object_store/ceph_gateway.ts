import { resolve } from "node:path";

/** Ceph's object gateway, which speaks S3, with a cluster of one behind it, in memory. */
export interface CephGateway {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}

const KEYS = { accessKeyId: "conformance", secretAccessKey: "not-a-secret" };
/** Making its pools takes the gateway some ten seconds. */
const UP_MS_MAX = 90_000;

/** Starts a monitor, an object server and the gateway on free ports of the loopback. */
export async function startCephGateway(): Promise<CephGateway> {
  const folder = await Deno.makeTempDir({ prefix: "rackwright-ceph-" });
  const children: Deno.ChildProcess[] = [];
  const stop = async () => {
    for (const child of children.reverse()) {
      try {
        child.kill("SIGKILL"); // it keeps nothing that matters
      } catch { /* it has ended */ }
      await child.status;
    }
    await Deno.remove(folder, { recursive: true });
  };
  try {
    const port = freePort();
    await writeConfig(folder, { monitorPort: freePort(), port });
    const serve = (program: string, ...args: string[]) =>
      children.push(start(folder, program, ["-f", ...args]));
    const id = crypto.randomUUID();
    await run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", `${folder}/monmap`);
    serve("ceph-mon", "-i", "a");
    await run(folder, "ceph", "--connect-timeout", "60", "osd", "new", id);
    await run(folder, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", id);
    serve("ceph-osd", "-i", "0");
    serve("radosgw", "-n", "client.rgw.a");
    const endpoint = `http://127.0.0.1:${port}`;
    await answering(endpoint);
    const user = ["--uid=test", "--display-name=test", `--access-key=${KEYS.accessKeyId}`];
    await run(
      folder,
      "radosgw-admin",
      "user",
      "create",
      ...user,
      `--secret=${KEYS.secretAccessKey}`,
    );
    return { endpoint, ...KEYS, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeConfig(
  folder: string,
  { monitorPort, port }: { monitorPort: number; port: number },
): Promise<void> {
  for (const name of ["mon", "osd", "run"]) await Deno.mkdir(resolve(folder, name));
  const cluster = crypto.randomUUID();
  const monitor = `v1:127.0.0.1:${monitorPort}`;
  await Deno.writeTextFile(
    `${folder}/ceph.conf`,
    `[global]
fsid = ${cluster}
mon_host = ${monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_max_pg_per_osd = 1000
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 1073741824
run_dir = ${folder}/run
log_file = ${folder}/$name.log
admin_socket = ${folder}/run/$name.asok
pid_file =
mon_data = ${folder}/mon
osd_data = ${folder}/osd
mon_data_avail_warn = 1
mon_data_avail_crit = 1
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_run_sync_thread = false
rgw_enable_gc_threads = false
rgw_enable_lc_threads = false
`,
  );
  const map = ["--create", "--fsid", cluster, "--addv", "a", monitor, `${folder}/monmap`];
  await run(folder, "monmaptool", ...map);
}

function start(folder: string, program: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...args, "-c", `${folder}/ceph.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "null", // each writes its own log
  }).spawn();
}

async function run(folder: string, program: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args: [...args, "-c", `${folder}/ceph.conf`],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

async function answering(url: string): Promise<void> {
  for (const endMs = performance.now() + UP_MS_MAX; performance.now() < endMs;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response) return;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error(`the gateway did not answer within ${UP_MS_MAX / 1000} s`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
