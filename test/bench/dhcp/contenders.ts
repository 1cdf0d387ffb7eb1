import { fileURLToPath } from "node:url";

/** A DHCP server and how to start it. */
export interface Contender {
  readonly name: string;
  readonly program: string;
  /** More leases than this would take it longer to get than anybody waits. */
  readonly leasesMax: number;
  /** Writes its configuration into the folder, and returns its command. */
  readonly command: (folder: string) => Promise<string[]>;
}

export const INTERFACE = "lan0";
export const SERVER = "10.81.0.1";
const FIRST = "10.81.1.0";
const LAST = "10.81.255.254";
const LEASE_SECONDS = 3_600;
const SERVER_PROGRAM = fileURLToPath(new URL("./server.ts", import.meta.url));

export function ours(changesPerSecond = 0): Contender {
  return {
    name: "rackwright (synced)",
    program: "deno",
    leasesMax: Infinity,
    command: (folder) => {
      const options = {
        leases: `${folder}/leases.log`,
        interfaceName: INTERFACE,
        changesPerSecond,
      };
      return Promise.resolve(
        [Deno.execPath(), "run", "-A", SERVER_PROGRAM, JSON.stringify(options)],
      );
    },
  };
}

/** Kea as it is shipped writes each lease to a file, and never syncs it. */
export function kea(socketType: "raw" | "udp"): Contender {
  return {
    name: socketType === "raw" ? "kea memfile (raw sockets)" : "kea memfile (udp sockets)",
    program: "kea-dhcp4",
    leasesMax: Infinity,
    async command(folder) {
      const config = {
        "interfaces-config": { interfaces: [INTERFACE], "dhcp-socket-type": socketType },
        "lease-database": { type: "memfile", persist: true, name: `${folder}/leases.csv` },
        "valid-lifetime": LEASE_SECONDS,
        subnet4: [{
          id: 1,
          subnet: "10.81.0.0/16",
          pools: [{ pool: `${FIRST}-${LAST}` }],
          "option-data": [
            { name: "routers", data: SERVER },
            { name: "domain-name-servers", data: SERVER },
          ],
        }],
        loggers: [{ name: "kea-dhcp4", severity: "ERROR", output_options: [{ output: "stderr" }] }],
      };
      await Deno.writeTextFile(`${folder}/kea.json`, JSON.stringify({ Dhcp4: config }));
      const places = [`KEA_PIDFILE_DIR=${folder}`, `KEA_LOCKFILE_DIR=${folder}`];
      return ["env", ...places, "kea-dhcp4", "-c", `${folder}/kea.json`];
    },
  };
}

export const isc: Contender = {
  name: "isc dhcpd (syncs)",
  program: "dhcpd",
  leasesMax: 1_000,
  async command(folder) {
    await Deno.writeTextFile(`${folder}/leases`, "");
    await Deno.writeTextFile(
      `${folder}/dhcpd.conf`,
      `authoritative; ping-check false; default-lease-time ${LEASE_SECONDS};
       subnet 10.81.0.0 netmask 255.255.0.0 {
         range ${FIRST} ${LAST}; option routers ${SERVER}; option domain-name-servers ${SERVER};
       }`,
    );
    const files = ["-cf", `${folder}/dhcpd.conf`, "-lf", `${folder}/leases`];
    return ["dhcpd", "-4", "-f", "-q", ...files, "--no-pid", INTERFACE];
  },
};

export const dnsmasq: Contender = {
  name: "dnsmasq (syncs)",
  program: "dnsmasq",
  leasesMax: 1_000,
  command: (folder) =>
    Promise.resolve([
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping"],
      ...[`--interface=${INTERFACE}`, "--bind-interfaces", "--dhcp-authoritative"],
      ...[`--dhcp-range=${FIRST},${LAST},255.255.0.0,1h`, "--dhcp-lease-max=70000"],
      ...[`--dhcp-leasefile=${folder}/leases`, "--quiet-dhcp", "--user=root"],
      `--pid-file=${folder}/pid`,
    ]),
};
