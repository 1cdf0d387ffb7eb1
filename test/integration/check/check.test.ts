import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestNetwork, whyNotHere } from "../dhcp/network.ts";

const MAIN = fileURLToPath(new URL("../../../rack-agent/main.ts", import.meta.url));

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const reason = whyNotHere("dnsmasq");
if (reason) console.warn(`the check is not tested on a network: ${reason}`);

let network: TestNetwork;
let folder = "";
let agent = "";
let other = "";

beforeEach(async () => {
  if (reason) return;
  folder = await Deno.makeTempDir();
  network = await TestNetwork.create();
  agent = await network.namespace("agent");
  other = await network.namespace("other");
  await network.link({ namespace: agent, device: "lan0", address: "10.89.0.1/24" }, {
    namespace: other,
    device: "eth0",
    address: "10.89.0.9/24",
  });
});
afterEach(async () => {
  if (reason) return;
  await network.remove();
  await Deno.remove(folder, { recursive: true });
});

interface Finding {
  readonly code: string;
  readonly level: string;
  readonly saw: string;
}

/** What the check finds; it ends with 1 here, because the host has joined no site. */
async function check(): Promise<Finding[]> {
  const command = [Deno.execPath(), "run", "-A", MAIN, "check", "--json", "--data", folder];
  const failure = await network.exec(agent, command).then(() => "", String);
  const json = /^.*?ended with 1: (\[.*?\])\n/s.exec(failure)?.[1];
  if (json === undefined) throw new Error(failure);
  return JSON.parse(json);
}

/** dnsmasq with nothing but what is asked for. */
async function startDnsmasq(namespace: string, options: string[]): Promise<void> {
  const plain = ["--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--port=0"];
  const files = [`--dhcp-leasefile=${folder}/leases`, "--log-facility=-", "--user=root"];
  const redirect = ["sh", "-c", 'exec "$@" 2>&1', "sh", "dnsmasq"];
  const program = network.start(namespace, [...redirect, ...plain, ...files, ...options]);
  await program.line(/started/);
}

test.skipIf(reason)("a quiet network has no other DHCP server", async () => {
  const findings = await check();
  expect(findings).toContainEqual({
    code: "check.other_dhcp",
    level: "ok",
    saw: "no other DHCP server answers on lan0",
  });
  expect(findings.filter(({ code }) => code === "check.port").map(({ level }) => level))
    .toEqual(["ok", "ok", "ok", "ok", "ok", "ok"]);
});

test.skipIf(reason)("another DHCP server and a taken port are named", async () => {
  await startDnsmasq(other, ["--dhcp-range=10.89.0.100,10.89.0.200,1h"]);
  await startDnsmasq(agent, ["--enable-tftp", `--tftp-root=${folder}`]);
  const saw = (await check()).filter(({ level }) => level !== "ok").map(({ saw }) => saw);
  expect(saw).toContain("10.89.0.9 answers DHCP on lan0 too");
  expect(saw).toContainEqual(
    expect.stringMatching(/^UDP port 69 \(TFTP\) is used by dnsmasq \(process \d+\)$/),
  );
});
