import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestNetwork, type TestProgram, whyNotHere } from "./network.ts";

const SERVER_PROGRAM = fileURLToPath(new URL("./server_program.ts", import.meta.url));
const MAC = "52:54:00:77:00:01";

// Real clients wait whole seconds, and a loaded host makes them wait more.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Says once why a test cannot run here. */
function unless(...programs: string[]): boolean {
  const reason = whyNotHere(...programs);
  if (reason) console.warn(`DHCP with ${programs.join(", ")} is not tested: ${reason}`);
  return reason !== undefined;
}

let network: TestNetwork;
let folder = "";
let agent = "";
let machine = "";

beforeEach(async () => {
  if (whyNotHere()) return;
  folder = await Deno.makeTempDir();
  network = await TestNetwork.create();
  agent = await network.namespace("agent");
  machine = await network.namespace("machine");
  await network.link({ namespace: agent, device: "lan0", address: "10.81.0.1/24" }, {
    namespace: machine,
    device: "eth0",
    mac: MAC,
  });
});
afterEach(async () => {
  if (whyNotHere()) return;
  await network.remove();
  await Deno.remove(folder, { recursive: true });
});

async function startServer(...words: string[]): Promise<TestProgram> {
  const command = [Deno.execPath(), "run", "-A", SERVER_PROGRAM, `${folder}/leases.log`];
  const server = network.start(agent, [...command, "lan0=10.81.0", ...words]);
  await server.line(/"ready"/);
  return server;
}

const UDHCPC = ["udhcpc", "-n", "-q", "-t", "5", "-T", "1", "-s"];

async function udhcpc(namespace: string, device: string): Promise<string> {
  const script = `${folder}/script`;
  const text = '#!/bin/sh\necho "$1 $ip $router"\n';
  await Deno.writeTextFile(script, text, { mode: 0o755 });
  const { stdout } = await network.exec(namespace, [...UDHCPC, script, "-i", device]);
  return stdout;
}

/** A network of its own for machines, behind ISC's relay that names the port in option 82. */
async function behindRelay(): Promise<{ remote: string; relayHost: string }> {
  const relayHost = await network.namespace("relay");
  const remote = await network.namespace("remote");
  await network.link({ namespace: agent, device: "up0", address: "10.84.0.1/24" }, {
    namespace: relayHost,
    device: "up1",
    address: "10.84.0.2/24",
  });
  await network.link({ namespace: relayHost, device: "down0", address: "10.83.0.1/24" }, {
    namespace: remote,
    device: "eth0",
    mac: "52:54:00:77:00:03",
  });
  await network.exec(agent, ["ip", "route", "add", "10.83.0.0/24", "via", "10.84.0.2"]);
  const command = "exec dhcrelay -4 -d -a -id down0 -iu up1 10.84.0.1 2>&1";
  const relay = network.start(relayHost, ["sh", "-c", command]);
  await relay.line(/^Sending on .*Socket/);
  return { remote, relayHost };
}

test.skipIf(unless("dhcrelay", "udhcpc"))(
  "a machine behind dhcrelay gets an address of its own network",
  async () => {
    const { remote } = await behindRelay();
    await startServer("up0=10.83.0@10.84.0.1");
    expect(await udhcpc(remote, "eth0")).toContain("bound 10.83.0.100 10.83.0.254");
  },
);

test.skipIf(unless("dhcrelay", "udhcpc"))(
  "an address that somebody behind a relay uses is not given away",
  async () => {
    const { remote, relayHost } = await behindRelay();
    await network.exec(relayHost, ["ip", "address", "add", "10.83.0.100/32", "dev", "down0"]);
    const server = await startServer("up0=10.83.0@10.84.0.1", "probe");
    expect(await udhcpc(remote, "eth0")).toContain("bound 10.83.0.101 10.83.0.254");
    expect(await server.line(/"code":"dhcp.address_conflict"/)).toContain("another host uses it");
  },
);

test.skipIf(unless("perfdhcp"))("perfdhcp gets all of its leases", async () => {
  const server = await startServer();
  const host = await network.namespace("perf");
  await network.link({ namespace: agent, device: "perf0", address: "10.84.0.1/24" }, {
    namespace: host,
    device: "eth0",
    address: "10.84.0.2/24",
  });
  await server.end("SIGTERM");
  await startServer("perf0=10.84.0");
  // 60 exchanges of 40 machines, 30 a second; it ends with 3 when any was not answered.
  const options = [
    "-4",
    "-r",
    "30",
    "-R",
    "40",
    "-n",
    "60",
    "-p",
    "30",
    "-d",
    "5",
    "-W",
    "2000000",
  ];
  const { stdout } = await network.exec(host, ["perfdhcp", ...options, "10.84.0.1"]);
  expect(stdout.match(/received packets: 60/g)).toHaveLength(2); // OFFERs and ACKs
  expect(stdout.match(/drops: 0$/gm)).toHaveLength(2);
});

test.skipIf(unless("dhcpcd"))("dhcpcd, which sends a DUID of its own, gets its lease", async () => {
  const server = await startServer();
  const command = "exec dhcpcd -4 -1 -B -d -L -A -t 20 -c /bin/true -f /dev/null eth0 2>&1";
  const client = network.start(machine, ["sh", "-c", command]);
  expect(await client.line(/leased 10\.81\.0\./)).toContain("leased 10.81.0.100 for 3600 seconds");
  expect(await server.line(/"kind":"given"/)).toContain(MAC);
});

test.skipIf(unless("tcpdump", "tshark", "udhcpc"))(
  "tshark reads every packet of an exchange without complaint",
  async () => {
    await startServer();
    const file = `${folder}/exchange.pcap`;
    // It ends by itself after DISCOVER, OFFER, REQUEST and ACK.
    const filter = "'udp port 67 or udp port 68'";
    const command = `exec tcpdump --immediate-mode -i eth0 -c 4 -w ${file} ${filter} 2>&1`;
    const capture = network.start(machine, ["sh", "-c", command]);
    await capture.line(/listening on/);
    await udhcpc(machine, "eth0");
    await capture.line(/4 packets captured/);
    const tshark = async (...options: string[]) => {
      const checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
      return (await network.exec(machine, ["tshark", "-r", file, ...checks, ...options])).stdout;
    };
    const types = await tshark("-Y", "dhcp", "-T", "fields", "-e", "dhcp.option.dhcp");
    expect(types.trim().split("\n")).toEqual(["1", "2", "3", "5"]);
    // The client's own packets are left to the interface to sum up, which a veth never does.
    const complaints = "(_ws.malformed || _ws.expert.severity >= 0x600000) && dhcp.type == 2";
    expect(await tshark("-Y", complaints)).toBe("");
  },
);

test.skipIf(unless("udhcpc"))("an address that somebody uses is not given away", async () => {
  const squatter = ["ip", "address", "add", "10.81.0.100/32", "dev", "lan9"];
  const bridge = await network.namespace("squatter");
  // The squatter sits on a wire of its own that the agent's interface is the other end of.
  await network.link({ namespace: agent, device: "lan8", address: "10.85.0.1/24" }, {
    namespace: bridge,
    device: "lan9",
    mac: "52:54:00:77:00:08",
  });
  await network.exec(bridge, squatter.map((word) => word.replace("10.81.0.100", "10.85.0.100")));
  const server = await startServer("lan8=10.85.0", "probe");
  // Another machine on that wire, with a hardware address of its own.
  const macvlan = ["link", "lan9", "name", "eth0", "address", "52:54:00:77:00:09"];
  await network.exec(bridge, [
    "ip",
    "link",
    "add",
    ...macvlan,
    "type",
    "macvlan",
    "mode",
    "bridge",
  ]);
  await network.exec(bridge, ["ip", "link", "set", "eth0", "up"]);
  expect(await udhcpc(bridge, "eth0")).toContain("bound 10.85.0.101");
  expect(await server.line(/"code":"dhcp.address_conflict"/)).toContain(
    "52:54:00:77:00:08 uses it",
  );
});

test.skipIf(unless("dnsmasq"))(
  "another server that appears on the network is told of, though no machine took its offer",
  async () => {
    const program = fileURLToPath(new URL("./other_servers_program.ts", import.meta.url));
    const command = [Deno.execPath(), "run", "-A", program, "lan0", "10.81.0.1"];
    const watch = network.start(agent, command);
    await watch.line(/"ready"/);
    await network.exec(machine, ["ip", "address", "add", "10.81.0.9/24", "dev", "eth0"]);
    const plain = ["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--port=0"];
    const files = [`--dhcp-leasefile=${folder}/other`, "--log-facility=-", "--user=root"];
    const range = ["--interface=eth0", "--dhcp-range=10.81.0.50,10.81.0.60,1h"];
    const other = network.start(machine, ["dnsmasq", ...plain, ...files, ...range]);
    const alarm = JSON.parse(await watch.line(/"alarm"/));
    expect(alarm).toMatchObject({ code: "dhcp.other_server", subject: "10.81.0.9 on lan0" });
    expect(alarm.message).toMatch(/^10\.81\.0\.9 answers DHCP on lan0 too/);
    await watch.end("SIGTERM");
    await other.end("SIGTERM");
    expect(watch.takeLines().join("\n")).toContain('"stopped"');
  },
);
