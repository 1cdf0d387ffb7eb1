/** Who listens on a port of this host. */
export interface PortOwner {
  readonly pid: number;
  /** The program's name. */
  readonly program: string;
}

/** A port in a table of the kernel: `/proc/net/udp` and `/proc/net/tcp`. */
export interface SocketLine {
  readonly port: number;
  readonly inode: string;
  /** Packets the kernel threw away because nobody took them in time; 0 for TCP. */
  readonly drops: number;
  readonly isListening: boolean;
}

const TCP_LISTEN = "0A"; // linux/tcp_states.h

/** Reads a table of sockets as Linux writes it; lines it does not understand are left out. */
export function parseSocketTable(text: string): SocketLine[] {
  return text.split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const port = /:([0-9A-F]{4})$/.exec(fields[1] ?? "")?.[1];
    if (port === undefined || fields[9] === undefined) return [];
    const drops = Number(fields[12] ?? 0);
    return [{
      port: parseInt(port, 16),
      inode: fields[9],
      drops: Number.isFinite(drops) ? drops : 0,
      isListening: fields[3] === TCP_LISTEN,
    }];
  });
}

/** The kernel's table of IPv4 sockets, without those of other network namespaces. */
export async function socketTable(protocol: "udp" | "tcp"): Promise<SocketLine[]> {
  const lines = parseSocketTable(await Deno.readTextFile(`/proc/net/${protocol}`));
  return protocol === "udp" ? lines : lines.filter(({ isListening }) => isListening);
}

/** Who has a port; undefined when nobody has, or when it is somebody whom only root may see. */
export async function portOwner(
  protocol: "udp" | "tcp",
  port: number,
): Promise<PortOwner | undefined> {
  const inodes = (await socketTable(protocol)).filter((line) => line.port === port)
    .map(({ inode }) => `socket:[${inode}]`);
  if (inodes.length === 0) return undefined;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || !await hasDescriptor(name, inodes)) continue;
    const program = (await Deno.readTextFile(`/proc/${name}/comm`).catch(() => "?")).trim();
    return { pid: Number(name), program };
  }
  return undefined;
}

async function hasDescriptor(pid: string, links: readonly string[]): Promise<boolean> {
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
      const link = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
      if (links.includes(link)) return true;
    }
  } catch {
    // it has ended, or is somebody else's
  }
  return false;
}
