import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestNetwork, type TestProgram, whyNotHere } from "./network.ts";

const SERVER_PROGRAM = fileURLToPath(new URL("./server_program.ts", import.meta.url));
const MAC = "52:54:00:77:00:01";

// Real clients wait whole seconds, and a loaded host makes them wait more.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const reason = whyNotHere("udhcpc", "dhclient");
if (reason) console.warn(`DHCP clients are not tested: ${reason}`);

let network: TestNetwork;
let folder = "";
let agent = "";
let machine = "";

beforeEach(async () => {
  if (reason) return;
  folder = await Deno.makeTempDir();
  network = await TestNetwork.create();
  agent = await network.namespace("agent");
  machine = await network.namespace("machine");
  await network.link({ namespace: agent, device: "lan0", address: "10.81.0.1/24" }, {
    namespace: machine,
    device: "eth0",
    mac: MAC,
  });
  await network.link({ namespace: agent, device: "lan1", address: "10.82.0.1/24" }, {
    namespace: machine,
    device: "eth1",
  });
});
afterEach(async () => {
  if (reason) return;
  await network.remove();
  await Deno.remove(folder, { recursive: true });
});

async function startServer(...words: string[]): Promise<TestProgram> {
  const subnets = ["lan0=10.81.0", "lan1=10.82.0"];
  const command = [Deno.execPath(), "run", "-A", SERVER_PROGRAM, `${folder}/leases.log`];
  const server = network.start(agent, [...command, ...subnets, ...words]);
  await server.line(/"ready"/);
  return server;
}

/** What busybox hands to its script, once it has a lease. */
async function udhcpc(device: string, ...options: string[]): Promise<string> {
  const script = `${folder}/script`;
  await Deno.writeTextFile(
    script,
    '#!/bin/sh\necho "$1 $ip $subnet $router $dns $domain $lease"\n',
    {
      mode: 0o755,
    },
  );
  const command = ["udhcpc", "-i", device, "-n", "-q", "-t", "3", "-T", "1", "-s", script];
  const { stdout } = await network.exec(machine, [...command, ...options]);
  return stdout;
}

/** The lease file that dhclient writes. */
async function dhclient(device: string): Promise<string> {
  const leases = `${folder}/dhclient.leases`;
  const files = `-lf ${leases} -pf ${folder}/dhclient.pid -sf /bin/true -cf /dev/null`;
  // Without a configuration it would send this host's name; -1: give up instead of going on; -d: stay
  // in the foreground, because one in the background is found by a file that it may not have written.
  const command = `exec dhclient -1 -d ${files} ${device} 2>&1`;
  const client = network.start(machine, ["sh", "-c", command]);
  await client.line(/^bound to /); // said after the lease is in the file
  await client.end("SIGTERM");
  return await Deno.readTextFile(leases);
}

test.skipIf(reason)(
  "udhcpc gets an address and the subnet's options, on either interface",
  async () => {
    await startServer();
    expect(await udhcpc("eth0"))
      .toContain("bound 10.81.0.100 255.255.255.0 10.81.0.254 10.81.0.53 rack.test 3600");
    expect(await udhcpc("eth1"))
      .toContain("bound 10.82.0.100 255.255.255.0 10.82.0.254 10.82.0.53 rack.test 3600");
  },
);

test.skipIf(reason)("udhcpc with the broadcast flag gets its address too", async () => {
  await startServer();
  expect(await udhcpc("eth0", "-B")).toContain("bound 10.81.0.100");
});

test.skipIf(reason)("dhclient gets the machine's reservation", async () => {
  await startServer(`${MAC}=10.81.0.77`);
  const leases = await dhclient("eth0");
  expect(leases).toContain("fixed-address 10.81.0.77;");
  expect(leases).toContain('option host-name "promised";');
  expect(leases).toContain("option dhcp-lease-time 3600;");
});

test.skipIf(reason)(
  "dhclient, rebooting with a lease it had, keeps it; a wrong one is refused",
  async () => {
    const server = await startServer();
    await dhclient("eth0");
    await server.line(/"kind":"given"/);
    expect(await dhclient("eth0")).toContain("fixed-address 10.81.0.100;");
    await server.line(/"kind":"renewed"/);
    await server.end("SIGTERM");
    await startServer(`${MAC}=10.81.0.77`); // now it may not: NAK, then a new start
    const leases = await dhclient("eth0");
    expect(leases.split("lease {").at(-1)).toContain("fixed-address 10.81.0.77;");
  },
);

test.skipIf(reason)("an interface that appears, goes and comes back is served", async () => {
  const server = await startServer("late0=10.83.0");
  for (const round of ["given", "renewed"]) {
    await network.link({ namespace: agent, device: "late0", address: "10.83.0.1/24" }, {
      namespace: machine,
      device: "eth9",
      mac: "52:54:00:77:00:09",
    });
    expect(await udhcpc("eth9", "-t", "9")).toContain("bound 10.83.0.100");
    await server.line(new RegExp(`"kind":"${round}"`));
    await network.exec(agent, ["ip", "link", "delete", "late0"]);
  }
});

test.skipIf(reason)("SIGTERM ends the service with nothing left open", async () => {
  const server = await startServer();
  await udhcpc("eth0");
  await server.end("SIGTERM"); // would wait for ever if a socket or timer kept the process alive
  expect(await server.line(/"stopped"/)).toContain('"received":2,"answered":2');
});
