import { afterAll, beforeAll, expect, test } from "vitest";
import { siteStateName } from "@/region/object_store/object_names.ts";
import { tick } from "@/region/reconcilers/tick.ts";
import { SiteState } from "@/shared/contract/site_state.ts";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import { type RegionUnderTest, startRegionUnderTest } from "./region_under_test.ts";

let region: RegionUnderTest;
beforeAll(async () => {
  region = await startRegionUnderTest();
});
afterAll(() => region.stop());

const post = (body: unknown) => region.call("POST /api/v1/dhcp-options", { body });
/** What the agents of a site are told, from the signed document as it is stored. */
async function stateOf(siteId: string): Promise<SiteState> {
  const object = await region.ctx.objectStore.get(siteStateName(siteId));
  const [, payload = ""] = (await new Response(object?.body).text()).split(".");
  const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return SiteState.parse(JSON.parse(text));
}

test("options reach the agent: the machine's, the subnet's, else the site's, else everybody's", async () => {
  const siteId = await makeSite(region);
  const systemId = await makeMachine(region, siteId);
  const { body: subnet } = await region.call("POST /api/v1/subnets", {
    body: { siteId, cidr: "10.0.0.0/24" },
  });
  const all = await post({ option: "log-servers", value: "10.0.0.9" });
  expect(all.body).toMatchObject({ code: 7, type: "ipv4-list", hex: "0a000009", siteId: null });
  await post({ siteId, option: "log-servers", value: "10.0.0.8" });
  const own = await post({ subnetId: subnet.id, option: 42, value: "10.0.0.7" });
  await post({ systemId, option: 224, type: "u8", value: "7" });
  const state = await stateOf(siteId);
  expect(state.subnets[0]?.options).toEqual([
    { code: 7, hex: "0a000008" },
    { code: 42, hex: "0a000007" },
  ]);
  expect(state.machines[0]?.options).toEqual([{ code: 224, hex: "07" }]);

  const path = `/api/v1/dhcp-options/${own.body.id}`;
  const changed = await region.call(`PATCH ${path}`, {
    body: { value: "10.0.0.6" },
    headers: { "if-match": '"1"' },
  });
  expect(changed.body).toMatchObject({ hex: "0a000006", version: 2 });
  expect((await stateOf(siteId)).subnets[0]?.options).toContainEqual({ code: 42, hex: "0a000006" });
  await region.call(`PATCH ${path}`, { body: { isEnabled: false } });
  expect((await stateOf(siteId)).subnets[0]?.options).toEqual([{ code: 7, hex: "0a000008" }]);
  expect((await region.call(`DELETE ${path}`)).status).toBe(204);

  const other = await makeSite(region);
  await region.call("POST /api/v1/subnets", { body: { siteId: other, cidr: "10.0.0.0/24" } });
  await region.call(`PATCH /api/v1/dhcp-options/${all.body.id}`, { body: { value: "10.0.0.5" } });
  await tick(region.ctx);
  expect((await stateOf(other)).subnets[0]?.options).toEqual([{ code: 7, hex: "0a000005" }]);
});

test("options that cannot be are refused when they are saved, and the fault is named", async () => {
  const siteId = await makeSite(region);
  await post({ siteId, option: "ntp-servers", value: "10.0.0.1" });
  const cases: [Record<string, unknown>, number, string, string | undefined][] = [
    [{ siteId, option: "ntp-servers", value: "10.0.0.2" }, 409, "dhcp_option.taken", "option"],
    [{ siteId, option: "interface-mtu", value: "big" }, 400, "dhcp_option.unusable", "value"],
    [{ siteId, option: "routers", value: "10.0.0.300" }, 400, "ipv4.malformed", "value"],
    [{ siteId, option: 51, type: "u32", value: "1" }, 400, "dhcp_option.unusable", "option"],
    [{ siteId, option: 230, value: "1" }, 400, "dhcp_option.unusable", "type"],
    [
      { siteId, subnetId: 1, option: 7, value: "10.0.0.1" },
      400,
      "dhcp_option.many_scopes",
      "siteId",
    ],
    [{ siteId: "s-none", option: 7, value: "10.0.0.1" }, 404, "site.missing", undefined],
    [{ systemId: "nobody", option: 7, value: "10.0.0.1" }, 404, "machine.missing", undefined],
  ];
  for (const [body, status, code, field] of cases) {
    const answer = await post(body);
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([status, code, field]);
  }
});
