import { expect } from "vitest";
import { makeMachine, makeSite } from "./rack_fixture.ts";
import type { Answer, RegionUnderTest } from "./region_under_test.ts";

/** A site with one machine that has one port, and the calls that tests of its network make. */
export type NetworkSite = Awaited<ReturnType<typeof makeNetworkSite>>;

/** Counts the ports of all tests, so that no MAC comes twice. */
let ports = 0;

export async function makeNetworkSite(region: RegionUnderTest) {
  const siteId = await makeSite(region);
  const systemId = await makeMachine(region, siteId);
  const get = async (path: string) => (await region.call(`GET /api/v1/${path}`)).body;
  const post = (path: string, body: unknown) => region.call(`POST /api/v1/${path}`, { body });
  const patch = (path: string, body: unknown) => region.call(`PATCH /api/v1/${path}`, { body });
  const fabricId: number = (await get(`fabrics?siteId=${siteId}`)).fabrics[0].id;
  const interfacesOf = async (id = systemId) => (await get(`machines/${id}/interfaces`)).interfaces;
  return {
    siteId,
    systemId,
    get,
    post,
    patch,
    interfacesOf,
    portOf: async (id = systemId) => (await interfacesOf(id))[0],
    makeSubnet: async (more: Record<string, unknown> = {}) => {
      const { body, status, text } = await post("subnets", {
        siteId,
        cidr: "10.0.0.0/24",
        gateway: "10.0.0.1",
        dnsServers: ["10.0.0.1"],
        ...more,
      });
      expect(status, text).toBe(201);
      return body;
    },
    makeVlan: async (vid: number) => (await post("vlans", { fabricId, vid, name: `v${vid}` })).body,
    /** Adds a port of a MAC that nobody has. */
    addPort: async (name: string, id = systemId) =>
      (await post(`machines/${id}/interfaces`, {
        kind: "physical",
        name,
        mac: `52:54:00:77:00:${(++ports).toString(16).padStart(2, "0")}`,
      })).body,
    link: (interfaceId: number, body: unknown, id = systemId) =>
      post(`machines/${id}/interfaces/${interfaceId}/links`, body),
  };
}

/** An answer in a word: its status, and what was refused where. */
export function codeOf({ status, body }: Answer): number | string {
  return status < 300 ? status : `${status} ${body.code} ${body.field ?? ""}`.trim();
}
