import { expect, test } from "vitest";
import type { DhcpPacket } from "@/rack-agent/wire/dhcp/packet.ts";
import { decodePacket, encodePacket, MESSAGE_TYPE } from "@/rack-agent/wire/dhcp/packet.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import * as captures from "@/test/captures/dhcp_requests.ts";
import { hex } from "@/test/hex.ts";
import {
  discover,
  handle,
  ip,
  lease,
  MAC,
  OTHER,
  packet,
  remote,
  renewing,
  replyTo,
  selecting,
  SERVER,
  stateOf,
  subnet,
} from "./answer_fixture.ts";
import { IPXE_FIRST_PROGRAMS } from "./boot_options.ts";
import { Newcomers } from "./newcomers.ts";
import { buildSite } from "./site.ts";

test("a subnet's NTP, search list and routes are sent, with the default route among them", () => {
  const state = stateOf([], [{
    ...subnet,
    ntpServers: [ip("192.0.2.123")],
    searchDomains: ["a.test", "b.test"],
    classlessRoutes: [{
      destination: ip("10.0.0.0"),
      prefixBits: 8,
      gateway: ip("192.0.2.9"),
    }],
  }]);
  expect(replyTo(state, discover()).options).toMatchObject({
    ntpServers: ["192.0.2.123"],
    domainSearch: ["a.test", "b.test"],
    classlessRoutes: [
      { destination: "10.0.0.0", prefixBits: 8, gateway: "192.0.2.9" },
      { destination: "0.0.0.0", prefixBits: 0, gateway: "192.0.2.254" },
    ],
  });
});

test("a person's options take the place of ours, a machine's that of its subnet's", () => {
  const options = [{ code: 15, value: hex("61") }, { code: 224, value: hex("01") }];
  const config = { subnets: [{ ...subnet, options }], reservations: [] };
  const machineOptions = [{ mac: MAC, options: [{ code: 224, value: hex("02") }] }];
  const state = { ...stateOf(), site: buildSite({ ...config, machineOptions }) };
  const bytesFor = (mac: typeof MAC) =>
    [...encodePacket(replyTo(state, discover({ mac })))].map((byte) =>
      byte.toString(16).padStart(2, "0")
    ).join(" ");
  expect(bytesFor(MAC)).toContain("0f 01 61 e0 01 02 ff");
  expect(bytesFor(OTHER)).toContain("0f 01 61 e0 01 01 ff");
});

test("a promise to a client identifier is kept from any MAC, and goes before the MAC's own", () => {
  const clientId = hex("ff 00 01");
  const state = stateOf([
    { mac: MAC, ipv4: ip("192.0.2.98") },
    { mac: OTHER, clientId: "ff0001", ipv4: ip("192.0.2.99"), hostname: "by-id" },
  ]);
  expect(replyTo(state, discover({}, { clientId }))).toMatchObject({
    yourAddress: "192.0.2.99",
    options: { hostName: "by-id" },
  });
  expect(replyTo(state, discover()).yourAddress).toBe("192.0.2.98");
  expect(replyTo(state, discover({ mac: OTHER })).yourAddress).toBe("192.0.2.10");
  const request = { ...selecting(ip("192.0.2.99")) };
  const withId = { ...request, options: { ...request.options, clientId } };
  expect(replyTo(state, withId).options.messageType).toBe(MESSAGE_TYPE.ack);
});

test("reservations change in place, and a withdrawn one may be given again", () => {
  const state = stateOf();
  state.site.reservations.put({ mac: OTHER, ipv4: ip("192.0.2.10") });
  expect(replyTo(state, discover()).yourAddress).toBe("192.0.2.11");
  state.site.reservations.put({ mac: MAC, ipv4: ip("192.0.2.77") });
  expect(replyTo(state, discover()).yourAddress).toBe("192.0.2.77");
  for (const ipv4 of [ip("192.0.2.77"), ip("192.0.2.10")]) {
    state.site.reservations.remove(ipv4);
    state.book.giveBack(ipv4);
  }
  const macs = [1, 2, 3].map((i) => parseMacAddress(`52:54:00:00:00:0${i}`));
  expect(macs.map((mac) => lease(state, mac)).toSorted())
    .toEqual(["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
});

test("a relay selects the client's link where its own address is elsewhere (RFC 3527)", () => {
  const agentInformation = hex("05 04 c6 33 64 00");
  const relayAddress = ip("192.0.2.250");
  expect(handle(stateOf(), discover({ relayAddress }, { agentInformation }))).toMatchObject({
    destination: { kind: "relay", address: relayAddress },
    reply: { yourAddress: "198.51.100.10", options: { agentInformation } },
  });
  // Without a relay nobody may select a link.
  expect(replyTo(stateOf(), discover({}, { agentInformation })).yourAddress).toBe("192.0.2.10");
  const subnetSelection = remote.cidr.network; // RFC 3011
  expect(replyTo(stateOf(), discover({ relayAddress }, { subnetSelection })).yourAddress)
    .toBe("198.51.100.10");
});

test("a relay that stands in for the server is named as the server (RFC 5107)", () => {
  const agentInformation = hex("0b 04 c6 33 64 01");
  const changes = { relayAddress: ip("198.51.100.1") };
  const state = stateOf();
  const { yourAddress, options } = replyTo(state, discover(changes, { agentInformation }));
  expect(options.serverId).toBe("198.51.100.1");
  const request = packet(changes, {
    messageType: MESSAGE_TYPE.request,
    requestedAddress: yourAddress,
    serverId: options.serverId,
    agentInformation,
  });
  expect(replyTo(state, request).options.messageType).toBe(MESSAGE_TYPE.ack);
});

test("a port that invents machines is stopped; known ones behind it are served", () => {
  const limits = { port: { burst: 2, perMinute: 0 }, link: { burst: 99, perMinute: 0 } };
  const state = { ...stateOf(), newcomers: new Newcomers(limits) };
  const from = (i: number, port = "01 01 37") =>
    discover({ mac: parseMacAddress(`52:54:00:00:00:0${i}`) }, { agentInformation: hex(port) });
  for (const i of [1, 2]) replyTo(state, from(i));
  expect(handle(state, from(3))).toMatchObject({
    reason: "dhcp.too_many_newcomers",
    about: "eth0 port 7",
  });
  expect(replyTo(state, from(1)).yourAddress).toBe("192.0.2.10");
  expect(replyTo(state, from(3, "01 01 38")).yourAddress).toBe("192.0.2.12");
});

test("taking another server's offer gives ours back at once", () => {
  const state = stateOf();
  for (const mac of [MAC, OTHER]) replyTo(state, discover({ mac }));
  const taken = packet({}, {
    messageType: MESSAGE_TYPE.request,
    serverId: ip("192.0.2.66"),
    requestedAddress: ip("192.0.2.40"),
  });
  expect(handle(state, taken)).toMatchObject({
    reason: "dhcp.another_server_chosen",
    about: "192.0.2.66",
  });
  expect(state.book.usedIn(1, 0)).toBe(1);
});

test("a new machine's address is to be probed where the subnet says nothing else", () => {
  const state = stateOf([], [{ ...subnet, probe: undefined }]);
  expect(handle(state, discover())).toMatchObject({ probe: { id: 1 }, newcomer: { link: "eth0" } });
  expect(handle(state, discover())).not.toHaveProperty("probe"); // it has been offered it
  expect(handle(stateOf(), discover())).not.toHaveProperty("probe");
});

test("the quarantine of a declined address is the subnet's", () => {
  const state = stateOf([], [{ ...subnet, declineSeconds: 60 }]);
  const requestedAddress = lease(state);
  const decline = packet({}, { messageType: MESSAGE_TYPE.decline, requestedAddress });
  expect(handle(state, decline, 1_000)).toMatchObject({ commit: { untilMs: 61_000 } });
});

test("iPXE that cannot fetch by HTTP loads ours first", () => {
  const bare = { vendorClass: "PXEClient:Arch:00000", userClasses: ["iPXE"] };
  const bootFile = (features: string) =>
    replyTo(stateOf(), discover({}, { ...bare, ipxeOptions: hex(features) })).bootFile;
  expect(bootFile("b1 01 01 13 01 01")).toContain("http://");
  expect(bootFile("b1 01 01")).toBe("undionly.kpxe");
});

test("of several architectures the first that there is a program for counts", () => {
  const options = { vendorClass: "PXEClient", clientArchitectures: [6, 7] };
  expect(replyTo(stateOf(), discover({}, options)).bootFile).toBe("snponly.efi");
});

const proxied = { ...subnet, mode: "proxy" as const };
const pxe: DhcpPacket = decodePacket(captures.OVMF_PXE_DISCOVER);

test("beside another server PXE firmware is offered what to boot, and no address", () => {
  const state = stateOf([], [proxied]);
  expect(handle(state, pxe)).toMatchObject({
    destination: { kind: "broadcast" },
    reply: {
      yourAddress: "0.0.0.0",
      serverAddress: SERVER,
      bootFile: IPXE_FIRST_PROGRAMS[7],
      options: {
        messageType: MESSAGE_TYPE.offer,
        serverId: SERVER,
        vendorClass: "PXEClient",
        vendorSpecific: hex("06 01 08 ff"),
        machineUuid: pxe.options.machineUuid,
      },
    },
  });
  expect(handle(state, pxe)).not.toHaveProperty("hold");
  for (const absent of ["leaseSeconds", "routers", "subnetMask"]) {
    expect(replyTo(state, pxe).options).not.toHaveProperty(absent);
  }
});

test("there, what a person has put into options 43 and 60 does not take the place of PXE's", () => {
  const options = [
    { code: 43, value: hex("01 04 0a 00 00 05") },
    { code: 60, value: hex("61 62 63") },
    { code: 224, value: hex("07") },
  ];
  const { reply } = handle(stateOf([], [{ ...proxied, options }]), pxe) as { reply: DhcpPacket };
  expect(reply.extraOptions).toEqual([{ code: 224, value: hex("07") }]);
});

test("HTTP firmware is offered a URL there, and iPXE its script", () => {
  const state = stateOf([], [proxied]);
  expect(replyTo(state, decodePacket(captures.OVMF_HTTP_DISCOVER))).toMatchObject({
    options: { vendorClass: "HTTPClient", bootFileName: "http://192.0.2.1:8080/snponly.efi" },
  });
  expect(replyTo(state, decodePacket(captures.IPXE_BIOS_DISCOVER))).toMatchObject({
    bootFile: expect.stringContaining("/ipxe"),
    options: { vendorClass: "PXEClient" },
  });
});

test("there, nobody is given an address and nobody is refused one", () => {
  const state = stateOf([], [proxied]);
  const reasons = [
    handle(state, discover()),
    handle(state, selecting(ip("192.0.2.10"))),
    handle(state, renewing(ip("10.9.9.9"))),
  ].map((decided) => decided.kind === "silence" && decided.reason);
  expect(reasons).toEqual([
    "dhcp.not_booting",
    "dhcp.another_server_gives",
    "dhcp.another_server_gives",
  ]);
});

test("on port 4011 the file is named again, to whoever asked", () => {
  const state = stateOf([], [proxied]);
  const source = { address: ip("192.0.2.44"), port: 68 };
  const arrival = { interfaceName: "eth0", port: 4011, source };
  const clientAddress = source.address;
  const options = { ...pxe.options, messageType: MESSAGE_TYPE.request };
  expect(handle(state, { ...pxe, clientAddress, options }, 0, arrival)).toMatchObject({
    destination: { kind: "peer", ...source },
    reply: { bootFile: "snponly.efi", options: { messageType: MESSAGE_TYPE.ack } },
    boot: { firstProgram: "snponly.efi" },
  });
  expect(handle(stateOf(), { ...pxe, options }, 0, arrival)).toMatchObject({
    reason: "dhcp.no_subnet",
  });
  expect(handle(state, pxe, 0, arrival)).toMatchObject({ reason: "dhcp.not_dhcp" });
});
