import { afterEach, beforeEach, expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { systemClock } from "@/rack-agent/runtime/clock.ts";
import {
  CONTENT,
  contentFile,
  deployOrder,
  MAC,
  startAgent,
  type TestAgent,
} from "./agent_parts.ts";

let folder: string;
let agent: TestAgent;

beforeEach(async () => {
  folder = await Deno.makeTempDir();
  agent = await startAgent(folder, systemClock);
});

afterEach(async () => {
  await agent.stop();
  await Deno.remove(folder, { recursive: true });
});

const PRESEED = "/MAAS/metadata/latest/by-id/abc234/?op=get_preseed";
const META = "/MAAS/metadata/2012-03-01";

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(agent.url + path, { headers });
}

async function bodyOf(response: Promise<Response>): Promise<string> {
  return await (await response).text();
}

async function codeOf(response: Promise<Response>): Promise<string> {
  const { status } = await response;
  return `${status} ${((await (await response).json()) as { code: string }).code}`;
}

function oauth(credentials: Record<string, string>): Record<string, string> {
  return {
    authorization: `OAuth oauth_signature_method="PLAINTEXT", ` +
      `oauth_consumer_key="${credentials.consumer_key}", oauth_token="${credentials.token_key}", ` +
      `oauth_signature="%26${credentials.token_secret}"`,
  };
}

/** The datasource's settings in a cloud-config; its top-level keys begin their lines. */
function sourceOf(cloudConfig: string): Record<string, string> {
  return JSON.parse(/^datasource:\n {2}MAAS: (.*)$/m.exec(cloudConfig)?.[1] ?? "");
}

/** Boots the machine as far as its credentials; loopback stands for its leased address. */
async function bootInto(): Promise<Record<string, string>> {
  agent.leases.set("127.0.0.1", MAC);
  await bodyOf(get(`/boot/${MAC}/ipxe`));
  const preseed = await bodyOf(get(PRESEED));
  expect(preseed.startsWith("#cloud-config\n")).toBe(true);
  return sourceOf(preseed);
}

async function signal(headers: Record<string, string>, fields: Record<string, string | File>) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ op: "signal", ...fields })) body.set(name, value);
  return await fetch(`${agent.url}${META}/`, { method: "POST", headers, body });
}

function factsOfKind(kind: string) {
  return agent.journal.pending(1000).filter((fact) => fact.kind === kind);
}

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let turns = 0; turns < 500 && !isTrue(); turns++) {
    await new Promise((wake) => setTimeout(wake, 10));
  }
  expect(isTrue()).toBe(true);
}

test("a machine with a deploy order is taken through it, and its secrets end with it", async () => {
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("power.done").length === 1);
  const headers = oauth(await bootInto());
  expect(await bodyOf(get(`${META}/meta-data/local-hostname`, headers))).toBe("node-1");
  expect(await bodyOf(get(`${META}/meta-data/public-keys`, headers))).toContain("ssh-ed25519");
  const worker = await bodyOf(get(`${META}/user-data`, headers));
  const job = JSON.parse(atob(/b64decode\("([^"]+)"\)/.exec(worker)?.[1] ?? ""));
  expect(job).toMatchObject({ purpose: "install", script: "#!/bin/sh\necho installing\n" });

  const step = { status: "WORKING", step_number: "1", step_of: "2", step_name: "partition" };
  expect((await signal(headers, step)).status).toBe(200);
  const log = new File(["all went well"], "install.log");
  expect((await signal(headers, { status: "OK", "install.log": log })).status).toBe(200);
  expect(factsOfKind("install.reported")).toMatchObject([{
    ok: true,
    operationId: "o-1",
    logSha256: contentFile(new TextEncoder().encode("all went well")).sha256,
  }]);

  expect(await bodyOf(get(`/boot/${MAC}/ipxe`))).toContain("sanboot");
  const installed: string = job.environment.RACKWRIGHT_CLOUD_CONFIG;
  expect(installed).toMatch(/^datasource_list: \[MAAS\]$/m);
  const inSystem = oauth(sourceOf(installed));
  const reporting = JSON.parse(/^reporting:\n {2}rackwright: (.*)$/m.exec(installed)?.[1] ?? "");
  const event = { name: "modules-final", event_type: "finish", result: "SUCCESS", description: "" };
  const report = await fetch(reporting.endpoint, {
    method: "POST",
    headers: inSystem,
    body: JSON.stringify(event),
  });
  expect(report.status).toBe(204);
  await eventually(() => factsOfKind("operation.ended").length === 1);
  expect(factsOfKind("operation.ended")).toMatchObject([{ outcome: "done" }]);
  await eventually(() => true);
  expect(await codeOf(get(`${META}/user-data`, inSystem))).toBe("410 metadata.operation_over");
  expect(await codeOf(get(`${META}/user-data`, headers))).toBe("410 metadata.operation_over");
  // The region has not heard of it yet, and the machine boots its disk all the same.
  expect(await bodyOf(get(`/boot/${MAC}/ipxe`))).toContain("sanboot");
  expect(agent.powerOrders).toEqual(["network_boot"]);
});

test("a BMC that refuses ends the operation with its reason, and is not asked again", async () => {
  agent.power.answer = () =>
    Promise.reject(
      new DomainError({
        kind: "forbidden",
        code: "bmc.wrong_password",
        message: "the BMC at 192.0.2.1 refused the password",
      }),
    );
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("operation.ended").length === 1);
  expect(factsOfKind("operation.ended")).toMatchObject([{
    outcome: "failed",
    failure: { code: "bmc.wrong_password", phase: "network boot" },
  }]);
  await agent.apply({ operations: [deployOrder()] }); // the region has not heard of it yet
  expect(agent.powerOrders).toEqual(["network_boot"]);
});

test("a failure that no driver foresaw still ends the operation, once", async () => {
  agent.power.answer = () => Promise.reject(new Error("socket exploded"));
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("operation.ended").length === 1);
  expect(factsOfKind("operation.ended")).toMatchObject([{ failure: { code: "power.broken" } }]);
  expect(agent.powerOrders).toEqual(["network_boot"]);
});

test("an agent that was killed during an installation goes on where the machine is", async () => {
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("power.done").length === 1);
  const headers = oauth(await bootInto());
  await signal(headers, { status: "WORKING", step_number: "1", step_of: "2", step_name: "a" });
  // Nothing is closed or told: the next agent has only what is on disk.
  const killed = agent;
  agent = await startAgent(folder, systemClock, killed.region);
  agent.leases.set("127.0.0.1", MAC);
  await signal(headers, { status: "OK" });
  expect(await bodyOf(get(`/boot/${MAC}/ipxe`))).toContain("sanboot");
  expect(agent.powerOrders).toEqual([]); // the power was cycled before, and is not again
  expect(factsOfKind("power.ordered")).toHaveLength(1);
  await killed.stop();
});

test("an operation that the region takes back ends the machine's credentials", async () => {
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("power.done").length === 1);
  const headers = oauth(await bootInto());
  expect((await get(`${META}/meta-data/instance-id`, headers)).status).toBe(200);
  await agent.apply({ operations: [] });
  expect(await codeOf(get(`${META}/meta-data/instance-id`, headers)))
    .toBe("410 metadata.operation_over");
});

test("a failed installation ends the operation with the machine's own words", async () => {
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("power.done").length === 1);
  const headers = oauth(await bootInto());
  await signal(headers, { status: "FAILED", error: "step 2/8: no space left" });
  await eventually(() => factsOfKind("operation.ended").length === 1);
  expect(factsOfKind("operation.ended")).toMatchObject([{
    outcome: "failed",
    failure: { code: "install.failed", message: "step 2/8: no space left", phase: "install" },
  }]);
});

test("an unknown machine is enlisted with its inventory", async () => {
  await agent.apply({ machines: [] });
  agent.leases.set("127.0.0.1", MAC);
  expect(await bodyOf(get(`/boot/${MAC}/ipxe`))).toContain("enlist-preseed");
  const preseed = await bodyOf(get("/MAAS/metadata/latest/enlist-preseed/?op=get_enlist_preseed"));
  const headers = oauth(sourceOf(preseed));
  const inventory = {
    architecture: "x86_64",
    firmware: "bios",
    cpu: { cores: 2 },
    memoryMib: 2048,
    interfaces: [{ name: "eth0", mac: MAC }],
    disks: [],
  };
  const bad = new File(['{"architecture":7}'], "inventory.json");
  expect((await signal(headers, { status: "OK", "inventory.json": bad })).status).toBe(400);
  const good = new File([JSON.stringify(inventory)], "inventory.json");
  expect((await signal(headers, { status: "OK", "inventory.json": good })).status).toBe(200);
  expect(factsOfKind("machine.enlisted")).toMatchObject([{ mac: MAC, ipv4: "127.0.0.1" }]);
  expect((await signal(headers, { status: "OK", "inventory.json": good })).status).toBe(410);
});

test("credentials are given to nobody but the machine that was told to boot, until used", async () => {
  await agent.apply({ operations: [deployOrder()] });
  expect(await codeOf(get(PRESEED))).toBe("403 metadata.not_expected"); // no lease
  agent.leases.set("127.0.0.1", MAC);
  expect(await codeOf(get(PRESEED))).toBe("403 metadata.not_expected"); // was not told to boot
  const credentials = await bootInto();
  const other = PRESEED.replace("abc234", "zzz999");
  expect(await codeOf(get(other))).toBe("403 metadata.not_expected");
  expect((await get(PRESEED)).status).toBe(200); // cloud-init asks twice
  await bodyOf(get(`${META}/meta-data/instance-id`, oauth(credentials)));
  expect(await codeOf(get(PRESEED))).toBe("403 metadata.not_expected"); // used: given no more
});

test("a boot script is refused to an address that is not leased to that machine", async () => {
  await agent.apply();
  expect(await codeOf(get(`/boot/${MAC}/ipxe`))).toBe("403 boot.not_leased");
  expect(await codeOf(get("/boot/not-a-mac/ipxe"))).toBe("400 mac.malformed");
});

test.each([
  [{}],
  [{ authorization: "OAuth " }],
  [{ authorization: "Basic YTpi" }],
  [{ authorization: `OAuth ${"x".repeat(4000)}` }],
  [oauth({ consumer_key: "a", token_key: "b", token_secret: "c" })],
])("metadata is refused with %j", async (headers) => {
  await agent.apply({ operations: [deployOrder()] });
  await bootInto();
  for (const path of ["/user-data", "/meta-data/instance-id"]) {
    expect(await codeOf(get(META + path, headers))).toBe("401 metadata.unauthenticated");
  }
});

test("files are served whole, in part, and by nothing but their names", async () => {
  await agent.apply();
  const { sha256 } = contentFile(CONTENT.squashfs);
  const path = `/images/${sha256}/squashfs`;
  const whole = new TextDecoder().decode(CONTENT.squashfs);
  expect(await bodyOf(get(path))).toBe(whole);
  const part = await get(path, { range: "bytes=4-7" });
  expect([part.status, part.headers.get("content-range"), await part.text()])
    .toEqual([206, `bytes 4-7/${whole.length}`, whole.slice(4, 8)]);
  expect((await get(path, { range: "bytes=9999-" })).status).toBe(416);
  expect((await get(path, { "if-none-match": `"${sha256}"` })).status).toBe(304);
  const head = await fetch(agent.url + path, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe(String(whole.length));
  expect(await bodyOf(get("/files/undionly.kpxe"))).toBe("the boot program");
  expect(agent.originFetches()).toBe(2);
});

test.each([
  "/files/../identity.json",
  "/files/..%2fidentity.json",
  "/files/%2e%2e/identity.json",
  "/files//etc/passwd",
  "/files/a%00b",
  "/images/../identity.json",
  `/images/${"a".repeat(64)}/x`,
  "/etc/passwd",
  "/%",
  "/boot/%zz/ipxe",
])("%s is not a file here", async (path) => {
  await agent.apply();
  // fetch() would tidy the path up before it is sent.
  const { hostname, port } = new URL(agent.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
  expect(answer).not.toContain("root:");
});

test("hostile bodies are refused, and the service goes on", async () => {
  await agent.apply({ operations: [deployOrder()] });
  await eventually(() => factsOfKind("power.done").length === 1);
  const headers = oauth(await bootInto());
  const post = (path: string, body: BodyInit, type = "application/json") =>
    fetch(agent.url + path, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body,
    });
  const status = "/MAAS/metadata/status/abc234";
  expect((await post(status, "{")).status).toBe(400);
  expect((await post(status, "[1,2]")).status).toBe(400);
  expect((await post(status, '{"name":1,"event_type":"start"}')).status).toBe(400);
  expect((await post(status, new Uint8Array(2 * 1024 * 1024))).status).toBe(400);
  expect((await post(`${META}/`, "x", "multipart/form-data; boundary=q")).status).toBe(400);
  expect(
    (await post(`${META}/`, "op=signal&status=HUH", "application/x-www-form-urlencoded"))
      .status,
  ).toBe(400);
  expect((await get(`${META}/meta-data/instance-id`, headers)).status).toBe(200);
  expect(factsOfKind("operation.ended")).toEqual([]);
});

test("no secret is in a boot script, a fact or the log", async () => {
  const sealedUserData = await agent.region.seal("#cloud-config\npassword: hunter2\n");
  await agent.apply({ operations: [deployOrder({ sealedUserData })] });
  await eventually(() => factsOfKind("power.done").length === 1);
  agent.leases.set("127.0.0.1", MAC);
  const script = await bodyOf(get(`/boot/${MAC}/ipxe`));
  const preseed = await bodyOf(get(PRESEED));
  const { token_secret = "" } = sourceOf(preseed);
  await bodyOf(get(`${META}/user-data`, { authorization: `OAuth x="${token_secret}"` }));
  const told = script + JSON.stringify(agent.journal.pending(1000)) + agent.logged.join();
  expect(token_secret.length).toBeGreaterThan(20);
  expect(told).not.toContain(token_secret);
  expect(told).not.toContain("hunter2");
});
