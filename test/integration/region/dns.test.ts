import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openLease } from "@/region/db/queries/outcomes.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { readSiteDocument } from "./site_document.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

/** BIND's own judge of what it would load (bind9-utils); without it the zones are only read. */
const CHECKZONE = await new Deno.Command("named-checkzone", { args: ["-v"], stdout: "null" })
  .output().then(({ success }) => success, () => false);
if (!CHECKZONE) console.warn("named-checkzone (bind9-utils) is missing: zones are not loaded");

let region: RegionUnderTest;
let siteId: string;
let domainId: number;
let made = 0;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
beforeEach(async () => {
  siteId = (await post("sites", { name: `site ${++made}` })).id;
  domainId = (await post("domains", { name: `d${made}.example` })).id;
});
afterAll(() => region.stop());

async function post(noun: string, body: unknown) {
  const { status, body: answer, text } = await region.call(`POST /api/v1/${noun}`, { body });
  expect(status, text).toBe(201);
  return answer;
}
const get = async (path: string) => (await region.call(`GET /api/v1/${path}`)).body;
const zoneText = async (path: string) => {
  const { status, text, headers } = await region.call(`GET /api/v1/${path}`);
  expect(status, text).toBe(200);
  expect(headers.get("content-type")).toBe("text/dns; charset=utf-8");
  return text;
};
const write = (name: string, type: string, data: string) =>
  region.call(`POST /api/v1/domains/${domainId}/records`, { body: { name, type, data } });
const codeOf = async (answer: Promise<{ status: number; body?: { code?: string } }>) => {
  const { status, body } = await answer;
  return [status, body?.code];
};

/** What named-checkzone says of a zone that it would load; throws what it says against it. */
async function load(origin: string, text: string): Promise<void> {
  if (!CHECKZONE) return;
  const folder = await Deno.makeTempDir({ prefix: "rackwright-zone-" });
  try {
    await Deno.writeTextFile(`${folder}/zone`, text);
    const { success, stdout } = await new Deno.Command("named-checkzone", {
      // local: no names of elsewhere are looked up. Records of no use are errors too.
      args: [
        "-i",
        "local",
        "-k",
        "fail",
        "-m",
        "fail",
        "-n",
        "fail",
        "-r",
        "fail",
        origin,
        `${folder}/zone`,
      ],
    }).output();
    expect(success, `${new TextDecoder().decode(stdout)}\n${text}`).toBe(true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

describe("domains", () => {
  test("are made, changed by who has seen them last, and removed with their records", async () => {
    const { name } = await get(`domains/${domainId}`);
    expect(name).toBe(`d${made}.example`);
    await write("www", "A", "192.0.2.1");
    const path = `/api/v1/domains/${domainId}`;
    expect(await get(`domains/${domainId}`)).toMatchObject({ recordCount: 1, version: 1 });
    const changed = await region.call(`PATCH ${path}`, {
      body: { ttl: 60, description: "x" },
      headers: { "if-match": '"1"' },
    });
    expect(changed.body).toMatchObject({ ttl: 60, description: "x", version: 2, isDefault: false });
    expect(changed.headers.get("etag")).toBe('"2"');
    const late = region.call(`DELETE ${path}`, { headers: { "if-match": '"1"' } });
    expect(await codeOf(late)).toEqual([412, "precondition.failed"]);
    expect((await region.call(`DELETE ${path}`)).status).toBe(204);
    expect(await codeOf(region.call(`GET ${path}/records`))).toEqual([404, "domain.missing"]);
  });

  test("have names that DNS takes, each once, however it is spelt", async () => {
    const make = (name: string) => codeOf(region.call("POST /api/v1/domains", { body: { name } }));
    expect(await make(`D${made}.Example.`)).toEqual([409, "domain.name_taken"]);
    expect(await make("a_b.example")).toEqual([400, "domain.bad_name"]);
  });

  test("have one default, which stays, and which another can become", async () => {
    const { domains } = await get("domains");
    const [first] = domains.filter(({ isDefault }: { isDefault: boolean }) => isDefault);
    expect(await codeOf(region.call(`DELETE /api/v1/domains/${first.id}`)))
      .toEqual([409, "domain.is_default"]);
    const other = await region.call(`PATCH /api/v1/domains/${domainId}`, {
      body: { isDefault: true },
    });
    expect(other.body.isDefault).toBe(true);
    expect(await get(`domains/${first.id}`)).toMatchObject({
      isDefault: false,
      version: first.version + 1,
    });
    const machine = await post("machines", { siteId, macs: [mac(1)], hostname: "moved" });
    expect(machine.fqdn).toBe(`moved.d${made}.example`);
    const third = await post("domains", { name: `e${made}.example`, isDefault: true });
    expect((await get(`machines/${machine.systemId}`)).fqdn).toBe(`moved.${third.name}`);
    const again = { body: { isDefault: true } };
    expect((await region.call(`PATCH /api/v1/domains/${first.id}`, again)).status).toBe(200);
    expect(
      (await get("domains?limit=200")).domains.filter((each: { isDefault: boolean }) =>
        each.isDefault
      ),
    ).toHaveLength(1);
  });

  test("are not removed while a machine or device is in them", async () => {
    const remove = () => codeOf(region.call(`DELETE /api/v1/domains/${domainId}`));
    const domain = `d${made}.example`;
    const machine = await post("machines", { siteId, macs: [mac(1)], domain });
    const list = await get(`machines?siteId=${siteId}&domain=other.example,D${made}.example`);
    expect(list.machines.map(({ fqdn }: { fqdn: string }) => fqdn)).toEqual([machine.fqdn]);
    expect(await remove()).toEqual([409, "domain.in_use"]);
    const path = `PATCH /api/v1/machines/${machine.systemId}`;
    expect((await region.call(path, { body: { domain: null } })).body.domain)
      .toBe("rackwright.internal");
    const inDomain = async (query: string) =>
      (await get(`machines?siteId=${siteId}&domain=${query}`)).machines.length;
    expect([await inDomain(domain), await inDomain("rackwright.internal")]).toEqual([0, 1]);
    const device = await post("devices", { siteId, hostname: "switch", domain });
    expect(device.fqdn).toBe(`switch.${domain}`);
    expect(await remove()).toEqual([409, "domain.in_use"]);
    const body = { domain: null };
    await region.call(`PATCH /api/v1/devices/${device.systemId}`, { body });
    expect(await remove()).toEqual([204, undefined]);
    expect(await codeOf(region.call(path, { body: { domain } }))).toEqual([404, "domain.missing"]);
  });

  test("tell a machine's site by DHCP option 15, unless somebody wrote another", async () => {
    const domain = `d${made}.example`;
    const { systemId } = await post("machines", { siteId, macs: [mac(1)], domain });
    const optionsNow = async () => {
      await tick(region.ctx);
      return (await readSiteDocument(region, siteId)).machines[0]?.options;
    };
    const hexOf = (text: string) =>
      [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(
        "",
      );
    expect(await optionsNow()).toEqual([{ code: 15, hex: hexOf(domain) }]);
    const renamed = { name: `f${made}.example` };
    await region.call(`PATCH /api/v1/domains/${domainId}`, { body: renamed });
    expect(await optionsNow()).toEqual([{ code: 15, hex: hexOf(renamed.name) }]);
    await post("dhcp-options", { systemId, option: "domain-name", value: "own.example" });
    expect(await optionsNow()).toEqual([{ code: 15, hex: hexOf("own.example") }]);
  });
});

describe("records", () => {
  test("are checked by their type, and say what would be accepted", async () => {
    const { status, body } = await write("www", "A", "192.0.2.300");
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "dns_record.bad_data",
      field: "data",
      value: "192.0.2.300",
      accepted: "an IPv4 address such as 192.0.2.10",
    });
    const good = await write("WWW", "CNAME", "web");
    expect(good.body).toMatchObject({
      name: "www",
      fqdn: `www.d${made}.example`,
      data: `web.d${made}.example.`,
      ttl: null,
    });
    expect(await codeOf(write("www", "CNAME", "web"))).toEqual([409, "dns_record.cname_not_alone"]);
    expect(await codeOf(write("www", "A", "192.0.2.1"))).toEqual([409, "dns_record.beside_cname"]);
    expect(await codeOf(write("@", "CNAME", "web"))).toEqual([409, "dns_record.cname_at_apex"]);
    await write("a", "A", "192.0.2.1");
    expect(await codeOf(write("a", "A", "192.0.2.1"))).toEqual([409, "dns_record.there_already"]);
  });

  test("cannot make an alias of a machine's name, in its own domain", async () => {
    await post("machines", { siteId, macs: [mac(1)], hostname: "web", domain: `d${made}.example` });
    expect(await codeOf(write("web", "CNAME", "www.example.com")))
      .toEqual([409, "dns_record.cname_at_host"]);
    const other = await post("domains", { name: `o${made}.example` });
    domainId = other.id;
    expect((await write("web", "CNAME", "www.example.com")).status).toBe(201);
  });

  test("are changed as they are made, and listed by name and type", async () => {
    const { body: text } = await write("t", "TXT", '"\\"quoted\\"" " too"');
    expect(text.data).toBe('"\\"quoted\\" too"');
    const { body: a } = await write("a", "A", "192.0.2.1");
    await write("c", "CNAME", "a");
    const path = `/api/v1/domains/${domainId}/records`;
    const patch = (id: number, body: unknown, headers = {}) =>
      region.call(`PATCH ${path}/${id}`, { body, headers });
    expect((await patch(text.id, { ttl: 60 })).body).toMatchObject({ data: text.data, ttl: 60 });
    expect((await patch(a.id, { name: "b", data: "192.0.2.2" })).body)
      .toMatchObject({ name: "b", data: "192.0.2.2", version: 2 });
    expect(await codeOf(patch(a.id, { name: "c" }))).toEqual([409, "dns_record.beside_cname"]);
    expect(await codeOf(patch(a.id, { data: "::1" }))).toEqual([400, "dns_record.bad_data"]);
    expect(await codeOf(patch(a.id, {}, { "if-match": '"1"' })))
      .toEqual([412, "precondition.failed"]);
    const { records } = await get(`domains/${domainId}/records?type=A`);
    expect(records.map(({ id }: { id: number }) => id)).toEqual([a.id]);
    const other = await post("domains", { name: `o${made}.example` });
    expect(await codeOf(region.call(`GET /api/v1/domains/${other.id}/records/${a.id}`)))
      .toEqual([404, "dns_record.missing"]);
    expect((await region.call(`DELETE ${path}/${a.id}`)).status).toBe(204);
  });

  test("of two at once that cannot stand together, one is refused", async () => {
    for (let i = 0; i < 5; i++) {
      const answers = await Promise.all([
        write(`race${i}`, "CNAME", "web"),
        write(`race${i}`, "A", "192.0.2.1"),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
  });
});

describe("a zone", () => {
  test("has what people wrote and where machines and devices are, and BIND would load it", async () => {
    const domain = `d${made}.example`;
    const { subnet, six } = await makeSubnets();
    await post("machines", { siteId, macs: [mac(1), mac(2)], hostname: "node", domain });
    const fixed = await post("machines", { siteId, macs: [mac(5)], hostname: "fixed", domain });
    const port = (await get(`machines/${fixed.systemId}/interfaces`)).interfaces[0].id;
    await post(`machines/${fixed.systemId}/interfaces/${port}/links`, {
      mode: "static",
      subnetId: subnet,
      ip: "192.0.2.50",
    });
    await post("devices", { siteId, macs: [mac(3)], hostname: "switch", domain });
    await post("machines", { siteId, macs: [mac(4)], hostname: "elsewhere" });
    await post("reservations", { subnetId: subnet, mac: mac(1), ip: "192.0.2.10" });
    await post("reservations", { subnetId: six, mac: mac(1), ip: "2001:db8::10" });
    await lease(subnet, "192.0.2.101", mac(2));
    await lease(subnet, "192.0.2.102", mac(3));
    await lease(subnet, "192.0.2.103", mac(4));
    await lease(subnet, "192.0.2.104", mac(9));
    // Given to somebody else since, and the same card at another site.
    await lease(subnet, "192.0.2.105", mac(3));
    await lease(subnet, "192.0.2.105", mac(9));
    const { id: elsewhere } = await post("sites", { name: `other ${made}` });
    await post("machines", { siteId: elsewhere, macs: [mac(1), mac(2)], hostname: "twin", domain });
    for (
      const [name, type, data] of [
        ["@", "NS", "ns1"],
        ["ns1", "A", "192.0.2.2"],
        ["@", "MX", "10 mail"],
        ["mail", "AAAA", "2001:db8:1::25"],
        ["www", "CNAME", "node"],
        ["_ldap._tcp", "SRV", "0 5 389 node"],
        ["node", "SSHFP", `4 2 ${"0a".repeat(32)}`],
        ["@", "TXT", `v=DKIM1; p=${'x\\"'.repeat(200)}`],
        ["*.apps", "A", "192.0.2.3"],
        ["sub", "NS", "ns.elsewhere.example"],
      ] as const
    ) expect((await write(name, type, data)).status, `${name} ${type}`).toBe(201);
    const text = await zoneText(`domains/${domainId}/zone`);
    const hosts = text.split("\n").filter((line) =>
      /^(node|fixed|switch|twin|elsewhere|guest)\t/.test(line)
    );
    expect(hosts).toEqual([
      "fixed\tIN\tA\t192.0.2.50",
      "node\tIN\tA\t192.0.2.10",
      "node\tIN\tA\t192.0.2.101",
      "node\tIN\tAAAA\t2001:db8::10",
      `node\tIN\tSSHFP\t4 2 ${"0a".repeat(32)}`,
      "switch\tIN\tA\t192.0.2.102",
    ]);
    await load(domain, text);
    await expect(load(domain, `${text}www IN A 192.0.2.1\n`)).rejects.toThrow(
      CHECKZONE ? /CNAME and other data/ : /./,
    );
  });

  test("is answered as unchanged until something in it changes, though its serial rises", async () => {
    const path = `GET /api/v1/domains/${domainId}/zone`;
    const first = await region.call(path);
    const etag = first.headers.get("etag") ?? "";
    region.advance(5_000);
    expect((await region.call(path)).text).not.toBe(first.text);
    const same = await region.call(path, { headers: { "if-none-match": etag } });
    expect([same.status, same.text, same.headers.get("etag")]).toEqual([304, "", etag]);
    await write("www", "A", "192.0.2.1");
    const other = await region.call(path, { headers: { "if-none-match": etag } });
    expect(other.status).toBe(200);
    const serialOf = (text: string) => Number(/SOA\t\S+ \S+ (\d+)/.exec(text)?.[1]);
    expect(serialOf(other.text)).toBe(serialOf(first.text) + 5);
  });

  test("of a domain without a name server of its own is loaded too", async () => {
    await load(`d${made}.example`, await zoneText(`domains/${domainId}/zone`));
  });

  test("is refused where others answer, where no server would load it, and to who sees too little", async () => {
    const path = `GET /api/v1/domains/${domainId}/zone`;
    await write("@", "NS", "ns1");
    expect(await codeOf(region.call(path))).toEqual([409, "zone.name_server_without_address"]);
    const body = { isAuthoritative: false };
    await region.call(`PATCH /api/v1/domains/${domainId}`, { body });
    expect(await codeOf(region.call(path))).toEqual([409, "zone.not_authoritative"]);
    const key = await region.addUser("viewer");
    const { users } = await get("users?q=viewer-1");
    await region.call(`PATCH /api/v1/users/${users[0].id}`, { body: { poolIds: [] } });
    expect(await codeOf(region.call(path, { as: { token: key } })))
      .toEqual([403, "zone.not_all_pools"]);
  });

  test("in reverse names a subnet's addresses, and BIND would load it", async () => {
    const domain = `d${made}.example`;
    const { subnet, six } = await makeSubnets("203.0.113.0/24");
    await post("machines", { siteId, macs: [mac(1)], hostname: "node", domain });
    await post("machines", { siteId, macs: [mac(2)], hostname: "plain" });
    await post("reservations", { subnetId: subnet, mac: mac(1), ip: "203.0.113.10" });
    await post("reservations", { subnetId: six, mac: mac(1), ip: "2001:db8::10" });
    await post("reservations", {
      subnetId: subnet,
      mac: mac(7),
      ip: "203.0.113.11",
      hostname: "printer",
    });
    await post("ip-addresses", { subnetId: subnet, ip: "203.0.113.12", hostname: "gate" });
    await lease(subnet, "203.0.113.101", mac(2));
    await write("www", "A", "203.0.113.13");
    await write("node-alias", "A", "203.0.113.10");
    await write("*.apps", "A", "203.0.113.14");
    domainId = (await post("domains", { name: `o${made}.example`, isAuthoritative: false })).id;
    await write("theirs", "A", "203.0.113.15");
    const lines = (text: string) => text.split("\n").filter((line) => line.includes("PTR"));
    const [origin] = (await get(`subnets/${subnet}/reverse-zones`)).reverseZones;
    expect(origin).toBe("113.0.203.in-addr.arpa");
    const text = await zoneText(`subnets/${subnet}/reverse-zones/${origin}`);
    expect(lines(text)).toEqual([
      `10\tIN\tPTR\tnode.${domain}.`,
      "11\tIN\tPTR\tprinter.rackwright.internal.",
      "12\tIN\tPTR\tgate.rackwright.internal.",
      `13\tIN\tPTR\twww.${domain}.`,
      "101\tIN\tPTR\tplain.rackwright.internal.",
    ]);
    await load(origin, text);
    const [origin6] = (await get(`subnets/${six}/reverse-zones`)).reverseZones;
    const text6 = await zoneText(`subnets/${six}/reverse-zones/${origin6}`);
    expect(lines(text6)).toEqual([`0.1${".0".repeat(14)}\tIN\tPTR\tnode.${domain}.`]);
    await load(origin6, text6);
    expect(await codeOf(region.call(`GET /api/v1/subnets/${subnet}/reverse-zones/9.in-addr.arpa`)))
      .toEqual([404, "reverse_zone.missing"]);
  });

  test("in reverse of a part of a /24 is RFC 2317's", async () => {
    const { id } = await post("subnets", { siteId, cidr: "198.51.100.64/26" });
    await post("ip-addresses", { subnetId: id, ip: "198.51.100.70", hostname: "gate" });
    const [origin] = (await get(`subnets/${id}/reverse-zones`)).reverseZones;
    expect(origin).toBe("64-26.100.51.198.in-addr.arpa");
    const text = await zoneText(`subnets/${id}/reverse-zones/${origin}`);
    expect(text).toContain("; $GENERATE 64-127 $ CNAME $.64-26\n");
    expect(text).toContain("70\tIN\tPTR\tgate.rackwright.internal.\n");
    await load(origin, text);
  });
});

const mac = (n: number) => `52:54:00:00:${made.toString(16).padStart(2, "0")}:0${n}`;

async function makeSubnets(cidr = "192.0.2.0/24"): Promise<{ subnet: number; six: number }> {
  const subnet = await post("subnets", { siteId, cidr });
  const six = await post("subnets", { siteId, cidr: "2001:db8::/64" });
  return { subnet: subnet.id, six: six.id };
}

async function lease(subnetId: number, ipv4: string, ofMac: string): Promise<void> {
  const givenAt = region.ctx.now();
  await openLease(region.ctx.db, {
    siteId,
    ipv4,
    mac: ofMac,
    subnetId,
    hostname: "guest",
    givenAt,
  });
}
