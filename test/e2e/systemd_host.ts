import { buildImage } from "@/infra/images/build_image.ts";
import { IMAGE_CACHE } from "@/infra/lab/folders.ts";

/** How a machine in QEMU's user network calls this host's loopback. */
export const HOST_FROM_INSIDE = "10.0.2.2";

/**
 * Boots the lab's image on a machine that has systemd and nothing to do with any rack, runs a script
 * in it as root, and returns what the script posts to `$TEST_SERVER/steps`.
 *
 * `variables` are the script's; `files` is what it may fetch from `$TEST_SERVER`, by name.
 */
export async function runOnSystemdHost(options: {
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly log: (line: string) => void;
}): Promise<string> {
  const { streamsFolder } = await buildImage({
    cacheFolder: IMAGE_CACHE,
    rebuild: false,
    log: options.log,
  });
  const image = await imageFiles(streamsFolder);
  const folder = await Deno.makeTempDir({ prefix: "rackwright-systemd-" });
  const posted = Promise.withResolvers<string>();
  const server = serve(options, image.squashfs, posted.resolve);
  const serial = `${folder}/serial.log`;
  const machine = new Deno.Command("qemu-system-x86_64", {
    args: qemuArguments(image, server.addr.port, serial),
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => endProcess(machine), options.limitMs);
  const ended = machine.status.then(async () => {
    const console = await Deno.readTextFile(serial).catch(() => "");
    return Promise.reject(
      new Error(`the host ended or hung; its console:\n${console.slice(-3000)}`),
    );
  });
  try {
    return await Promise.race([posted.promise, ended]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => {});
    endProcess(machine);
    await machine.status;
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

function endProcess(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended by itself
  }
}

interface ImageFiles {
  readonly kernel: string;
  readonly initrd: string;
  readonly squashfs: string;
}

/** In the tree that is published to regions. */
async function imageFiles(streams: string): Promise<ImageFiles> {
  const found: Record<string, string> = {};
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await walk(`${folder}/${name}`);
      else found[name] = `${folder}/${name}`;
    }
  };
  await walk(streams);
  const { "boot-kernel": kernel, "boot-initrd": initrd, squashfs } = found;
  if (!kernel || !initrd || !squashfs) throw new Error(`${streams} holds no image to boot`);
  return { kernel, initrd, squashfs };
}

function qemuArguments({ kernel, initrd }: ImageFiles, port: number, serial: string): string[] {
  const server = `http://${HOST_FROM_INSIDE}:${port}`;
  const mac = "52:54:00:79:00:01";
  const commandLine = [
    `root=squash:${server}/squashfs ip=::::systemd-host:BOOTIF:dhcp`,
    `BOOTIF=01-${mac.replaceAll(":", "-")}`,
    "console=ttyS0 mitigations=off quiet loglevel=4",
    `cc:{'datasource_list':['NoCloud']}end_cc ds=nocloud-net;s=${server}/`,
  ].join(" ");
  return [
    ...["-machine", "pc,graphics=off,hpet=off", "-accel", "tcg,thread=multi", "-cpu", "Nehalem"],
    ...["-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config", "-display", "none"],
    ...["-kernel", kernel, "-initrd", initrd, "-append", commandLine],
    ...["-netdev", "user,id=net0", "-device", `virtio-net-pci,netdev=net0,mac=${mac},romfile=`],
    ...["-device", "virtio-rng-pci", "-serial", `file:${serial}`, "-no-reboot"],
  ];
}

/** What the machine asks this host for: its root, cloud-init's seed, and the test's own files. */
function serve(
  { script, variables, files }: Parameters<typeof runOnSystemdHost>[0],
  squashfs: string,
  onSteps: (text: string) => void,
) {
  const served: Readonly<Record<string, string>> = { ...files, squashfs };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    handler: async (request) => {
      const name = new URL(request.url).pathname.slice(1);
      const path = served[name];
      if (name === "steps") onSteps(await request.text());
      else if (path !== undefined) return await fileAnswer(path);
      else if (name === "meta-data") return new Response("instance-id: systemd-host\n");
      else if (name === "user-data") return new Response(userData());
      return new Response("", { status: name === "steps" ? 204 : 404 });
    },
  });
  function userData(): string {
    const all = {
      ...variables,
      TEST_SERVER: `http://${HOST_FROM_INSIDE}:${server.addr.port}`,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}='${value}'`);
    // Not as a part of the boot: a person's commands come when that is over.
    return [
      "#!/bin/bash",
      "cat >/root/steps.sh <<'END-OF-STEPS'",
      "#!/bin/bash",
      ...lines,
      script,
      "END-OF-STEPS",
      "chmod 700 /root/steps.sh",
      "systemd-run --no-block --setenv=PATH --setenv=HOME=/root /root/steps.sh",
    ].join("\n");
  }
  return server;
}

async function fileAnswer(path: string): Promise<Response> {
  const file = await Deno.open(path);
  const { size } = await file.stat();
  return new Response(file.readable, { headers: { "content-length": String(size) } });
}
