import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestNetwork, type TestProgram, whyNotHere } from "../dhcp/network.ts";

const SERVER_PROGRAM = fileURLToPath(new URL("./server_program.ts", import.meta.url));
const SERVER = "10.84.0.1";
const SECOND_ADDRESS = "10.84.0.9";

// Real clients wait whole seconds, and a loaded host makes them wait more.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const reason = whyNotHere("tftp", "atftp", "curl", "busybox");
if (reason) console.warn(`TFTP clients are not tested: ${reason}`);

let network: TestNetwork;
let folder = "";
let machine = "";
let server: TestProgram;

beforeEach(async () => {
  if (reason) return;
  folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/root/sub`, { recursive: true });
  await Deno.writeTextFile(`${folder}/secret`, "not to be served");
  await Deno.writeFile(`${folder}/root/sub/file`, noise(700_001));
  await Deno.writeFile(`${folder}/root/even`, noise(512 * 20));
  network = await TestNetwork.create();
  const agent = await network.namespace("agent");
  machine = await network.namespace("machine");
  await network.link({ namespace: agent, device: "lan0", address: `${SERVER}/24` }, {
    namespace: machine,
    device: "eth0",
    address: "10.84.0.2/24",
  });
  await network.exec(agent, ["ip", "address", "add", `${SECOND_ADDRESS}/24`, "dev", "lan0"]);
  const command = [Deno.execPath(), "run", "-A", SERVER_PROGRAM, `${folder}/root`];
  server = network.start(agent, [...command, SERVER, SECOND_ADDRESS]);
  await server.line(/"ready"/);
});
afterEach(async () => {
  if (reason) return;
  await network.remove();
  await Deno.remove(folder, { recursive: true });
});

/** The same bytes every time, with every value and no short period. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) & 255);
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

const clients: [name: string, fetch: (path: string, into: string) => string[]][] = [
  ["tftp-hpa", (path, into) => ["tftp", "-m", "binary", SERVER, "-c", "get", path, into]],
  ["tftp-hpa in netascii", (path, into) => ["tftp", SERVER, "-c", "get", path, into]],
  ["atftp", (path, into) => ["atftp", "-g", "-r", path, "-l", into, SERVER]],
  ["atftp with options", (path, into) => {
    const options = ["blksize 1428", "tsize 0", "windowsize 16", "timeout 3"];
    const given = options.flatMap((option) => ["--option", option]);
    return ["atftp", ...given, "-g", "-r", path, "-l", into, SERVER];
  }],
  ["curl", (path, into) => ["curl", "-sS", `tftp://${SERVER}/${path}`, "-o", into]],
  ["curl with blocks of 100", (path, into) => {
    return ["curl", "-sS", "--tftp-blksize", "100", `tftp://${SERVER}/${path}`, "-o", into];
  }],
  ["busybox from the second address", (path, into) => {
    return ["busybox", "tftp", "-b", "1468", "-g", "-r", path, "-l", into, SECOND_ADDRESS];
  }],
];
for (const [name, fetch] of clients) {
  for (const path of ["sub/file", "even"]) {
    test.skipIf(reason)(`${name} gets ${path} whole`, async () => {
      await network.exec(machine, fetch(path, `${folder}/got`));
      expect(await sha256(`${folder}/got`)).toBe(await sha256(`${folder}/root/${path}`));
      await server.line(/"served"/);
    });
  }
}

test.skipIf(reason)("block numbers go round: 70 000 blocks of 8 bytes", async () => {
  await Deno.writeFile(`${folder}/root/long`, noise(70_000 * 8 + 1));
  const url = `tftp://${SERVER}/long`;
  await network.exec(machine, ["curl", "-sS", "--tftp-blksize", "8", url, "-o", `${folder}/got`]);
  expect(await sha256(`${folder}/got`)).toBe(await sha256(`${folder}/root/long`));
});

for (const path of ["../secret", "sub/../../secret", "..\\secret", "nope"]) {
  test.skipIf(reason)(`${path} is "file not found"`, async () => {
    const got = `${folder}/got`;
    const command = ["tftp", "-m", "binary", SERVER, "-c", "get", path, got];
    const { stdout, stderr } = await network.exec(machine, command);
    expect(stdout + stderr).toContain("Error code 1: file not found");
    expect(await server.line(/tftp\./)).toContain("tftp.file_not_found");
  });
}

test.skipIf(reason)("a file cannot be written", async () => {
  const command = ["tftp", "-m", "binary", SERVER, "-c", "put", `${folder}/secret`, "up"];
  const { stdout, stderr } = await network.exec(machine, command);
  expect(stdout + stderr).toContain("Error code 2: read only");
});
