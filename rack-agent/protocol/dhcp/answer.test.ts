import { expect, test } from "vitest";
import { type DhcpPacket, MESSAGE_TYPE } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { hex } from "@/test/hex.ts";
import {
  discover,
  handle,
  ip,
  lease,
  MAC,
  NONE,
  OTHER,
  other,
  packet,
  rebooting,
  renewing,
  replyTo,
  selecting,
  SERVER,
  stateOf,
  subnet,
} from "./answer_fixture.ts";
import { buildSite } from "./site.ts";

test("DISCOVER is answered with an OFFER that is held for a minute and not committed", () => {
  const state = stateOf();
  const decided = handle(state, discover({}, { clientId: hex("01 02") }), 1_000);
  expect(decided).toEqual({
    kind: "reply",
    destination: { kind: "hardware", mac: MAC, address: ip("192.0.2.10") },
    hold: { mac: MAC, ipv4: ip("192.0.2.10"), subnetId: 1, untilMs: 61_000 },
    newcomer: { link: "eth0" },
    reply: packet({ op: "reply", secs: 0, yourAddress: ip("192.0.2.10") }, {
      messageType: MESSAGE_TYPE.offer,
      serverId: SERVER,
      leaseSeconds: 600,
      renewalSeconds: 300,
      rebindingSeconds: 525,
      subnetMask: ip("255.255.255.0"),
      broadcastAddress: ip("192.0.2.255"),
      routers: [ip("192.0.2.254")],
      dnsServers: [ip("192.0.2.53")],
      domainName: "example.test",
      interfaceMtu: 9_000,
      clientId: hex("01 02"),
    }),
  });
});

test("REQUEST of the offered address commits a lease before the ACK", () => {
  const state = stateOf();
  const { yourAddress } = replyTo(state, discover());
  const decided = handle(state, {
    ...selecting(yourAddress),
    options: { ...selecting(yourAddress).options, hostName: "node-1" },
  }, 2_000);
  expect(decided).toMatchObject({
    reply: { yourAddress, options: { messageType: MESSAGE_TYPE.ack, leaseSeconds: 600 } },
    commit: {
      kind: "give",
      mac: MAC,
      ipv4: yourAddress,
      subnetId: 1,
      atMs: 2_000,
      expiresAtMs: 602_000,
      hostname: "node-1",
    },
  });
});

test("a machine keeps its address, whatever client identifier it uses", () => {
  const state = stateOf();
  const address = lease(state);
  lease(state, OTHER);
  expect(replyTo(state, discover({}, { clientId: hex("ff 01") })).yourAddress).toBe(address);
  expect(replyTo(state, discover(), 10_000_000).yourAddress).toBe(address); // long expired
});

test("DISCOVER gets the requested address if that is free, not if it is another's", () => {
  const state = stateOf();
  lease(state, OTHER);
  const wish = (address: string) => replyTo(state, discover({}, { requestedAddress: ip(address) }));
  expect(wish("192.0.2.12").yourAddress).toBe("192.0.2.12");
  const fresh = stateOf();
  lease(fresh, OTHER);
  expect(replyTo(fresh, discover({}, { requestedAddress: ip("192.0.2.10") })).yourAddress)
    .toBe("192.0.2.11");
  expect(replyTo(stateOf(), discover({}, { requestedAddress: ip("192.0.2.99") })).yourAddress)
    .toBe("192.0.2.10");
});

for (const promised of [ip("192.0.2.99"), ip("192.0.2.11")]) {
  test(`a reservation of ${promised} goes before all else, and nobody else gets it`, () => {
    const state = stateOf([{ mac: MAC, ipv4: promised, hostname: "rack1-node1" }]);
    const reply = replyTo(state, discover({}, { requestedAddress: ip("192.0.2.12") }));
    expect(reply).toMatchObject({ yourAddress: promised, options: { hostName: "rack1-node1" } });
    expect(handle(state, selecting(promised))).toMatchObject({
      commit: { ipv4: promised, hostname: "rack1-node1" },
    });
    const wish = replyTo(state, discover({ mac: OTHER }, { requestedAddress: promised }));
    expect(wish.yourAddress).not.toBe(promised);
    expect(replyTo(state, selecting(promised, { mac: OTHER })).options.messageType)
      .toBe(MESSAGE_TYPE.nak);
  });
}

test("a new reservation moves a machine at its next renewal, by a NAK", () => {
  const state = stateOf();
  const address = lease(state);
  const site = buildSite({
    subnets: [subnet],
    reservations: [{ mac: MAC, ipv4: ip("192.0.2.99") }],
  });
  const moved = { ...state, site };
  expect(replyTo(moved, renewing(address)).options.messageType).toBe(MESSAGE_TYPE.nak);
  expect(lease(moved)).toBe("192.0.2.99");
  expect(state.book.leaseOfIpv4(address, 0)).toBeUndefined();
});

test("a promised address still in another's use is not given; any other will do", () => {
  const before = stateOf();
  const taken = lease(before, OTHER);
  const site = buildSite({ subnets: [subnet], reservations: [{ mac: MAC, ipv4: taken }] });
  const state = { ...before, site };
  state.book.configure(site);
  expect(replyTo(state, discover()).yourAddress).toBe("192.0.2.11");
  expect(replyTo(state, renewing(taken, { mac: OTHER })).options.messageType)
    .toBe(MESSAGE_TYPE.nak);
  const later = 700_000;
  expect(replyTo(state, discover(), later).yourAddress).toBe(taken);
});

test("when the range is used up, the next machine hears nothing", () => {
  const state = stateOf();
  for (let i = 1; i <= 3; i += 1) lease(state, parseMacAddress(`52:54:00:00:00:0${i}`));
  expect(handle(state, discover())).toMatchObject({
    kind: "silence",
    reason: "dhcp.no_free_address",
  });
});

test("RENEWING extends the lease and goes to the client's own address", () => {
  const state = stateOf();
  const address = lease(state);
  expect(handle(state, renewing(address), 300_000)).toMatchObject({
    destination: { kind: "client", address },
    reply: { clientAddress: address, yourAddress: address },
    commit: { expiresAtMs: 900_000 },
  });
});

test("INIT-REBOOT: known address ACK, another's or a foreign one NAK, unknown silence", () => {
  const state = stateOf();
  const address = lease(state);
  const theirs = lease(state, OTHER);
  const type = (address: Ipv4) => replyTo(state, rebooting(address)).options.messageType;
  expect(type(address)).toBe(MESSAGE_TYPE.ack);
  expect(type(theirs)).toBe(MESSAGE_TYPE.nak);
  expect(type(ip("10.9.9.9"))).toBe(MESSAGE_TYPE.nak);
  const stranger = parseMacAddress("52:54:00:00:00:09");
  expect(handle(state, rebooting(ip("192.0.2.12"), { mac: stranger })))
    .toMatchObject({ kind: "silence", reason: "dhcp.unknown_client" });
});

test("a REQUEST for an offer that a restart has forgotten is granted if the address is free", () => {
  expect(replyTo(stateOf(), selecting(ip("192.0.2.12"))).options.messageType).toBe(
    MESSAGE_TYPE.ack,
  );
});

test("an address from behind a relay is wrong on our own link, unless it is a renewal's", () => {
  const address = ip("198.51.100.10");
  expect(replyTo(stateOf(), rebooting(address)).options.messageType).toBe(MESSAGE_TYPE.nak);
  expect(replyTo(stateOf(), renewing(address)).options.messageType).toBe(MESSAGE_TYPE.ack);
});

test("the client's identifiers come back in the reply", () => {
  const identifiers = { clientId: hex("01 02"), machineUuid: hex("00 aa") };
  expect(replyTo(stateOf(), discover({}, identifiers)).options).toMatchObject(identifiers);
});

test("a NAK is broadcast, names no address and says why", () => {
  const decided = handle(stateOf(), rebooting(ip("10.9.9.9")));
  expect(decided).toEqual({
    kind: "reply",
    destination: { kind: "broadcast" },
    reply: packet({ op: "reply", secs: 0 }, {
      messageType: MESSAGE_TYPE.nak,
      serverId: SERVER,
      message: "10.9.9.9 is not an address of this network",
    }),
  });
});

test("an address of another of our links is wrong on this one", () => {
  const decided = handle(stateOf(), renewing(ip("203.0.113.10")));
  expect(decided).toMatchObject({ reply: { options: { messageType: MESSAGE_TYPE.nak } } });
});

test("a relayed request gets an address of the relay's subnet, and goes back to it", () => {
  const state = stateOf();
  const relayAddress = ip("198.51.100.1");
  const agentInformation = hex("01 04 65 74 68 30");
  const decided = handle(state, {
    ...discover({ relayAddress }, { agentInformation }),
    hops: 1,
  });
  expect(decided).toMatchObject({
    destination: { kind: "relay", address: relayAddress },
    reply: {
      hops: 0,
      relayAddress,
      yourAddress: "198.51.100.10",
      options: { agentInformation, serverId: SERVER },
    },
  });
  replyTo(state, selecting(ip("198.51.100.10"), { relayAddress }));
  // It renews past the relay.
  expect(handle(state, renewing(ip("198.51.100.10")))).toMatchObject({
    destination: { kind: "client", address: "198.51.100.10" },
    commit: { subnetId: 2 },
  });
  const nak = replyTo(state, rebooting(ip("10.9.9.9"), { relayAddress }));
  expect(nak).toMatchObject({ wantsBroadcast: true, options: { messageType: MESSAGE_TYPE.nak } });
});

test("each interface has its own subnet", () => {
  const arrival = { interfaceName: "eth1" };
  expect(replyTo(stateOf(), discover(), 0, arrival)).toMatchObject({
    yourAddress: "203.0.113.10",
    options: { serverId: "203.0.113.1", routers: undefined },
  });
});

test("two subnets on one link: the second is used when the first is full", () => {
  const second = {
    ...other,
    interfaceName: "eth0",
    ranges: [{ first: ip("203.0.113.10"), last: ip("203.0.113.10") }],
  };
  const state = stateOf([], [subnet, second]);
  const given = [1, 2, 3, 4].map((i) => lease(state, parseMacAddress(`52:54:00:00:00:0${i}`)));
  expect(given).toEqual(["192.0.2.10", "192.0.2.11", "192.0.2.12", "203.0.113.10"]);
  expect(replyTo(state, discover({ mac: parseMacAddress("52:54:00:00:00:04") })).yourAddress)
    .toBe("203.0.113.10");
});

test("a client that asks for broadcast gets it", () => {
  expect(handle(stateOf(), discover({ wantsBroadcast: true }))).toMatchObject({
    destination: { kind: "broadcast" },
    reply: { wantsBroadcast: true },
  });
});

test("RELEASE frees the address of its owner only", () => {
  const state = stateOf();
  const address = lease(state);
  const release = (mac: typeof MAC) =>
    handle(state, {
      ...packet({ mac, clientAddress: address }, { messageType: MESSAGE_TYPE.release }),
    });
  expect(release(OTHER)).toMatchObject({ kind: "silence", reason: "dhcp.not_the_owner" });
  expect(release(MAC)).toMatchObject({
    reason: "dhcp.released",
    commit: { kind: "release", ipv4: address },
  });
  expect(state.book.leaseOfIpv4(address, 0)).toBeUndefined();
  expect(release(MAC)).toMatchObject({ kind: "silence", reason: "dhcp.not_the_owner" });
});

test("DECLINE puts an address in quarantine, unless it is promised", () => {
  const decline = (address: Ipv4, mac = MAC) =>
    packet({ mac }, {
      messageType: MESSAGE_TYPE.decline,
      requestedAddress: address,
      serverId: SERVER,
    });
  const state = stateOf([{ mac: OTHER, ipv4: ip("192.0.2.99") }]);
  const address = lease(state);
  expect(handle(state, decline(address, OTHER))).toMatchObject({ reason: "dhcp.not_the_owner" });
  expect(handle(state, decline(address), 1_000)).toMatchObject({
    commit: { kind: "decline", untilMs: 3_601_000 },
  });
  expect(replyTo(state, discover(), 2_000).yourAddress).not.toBe(address);
  const promised = lease(state, OTHER);
  handle(state, decline(promised, OTHER));
  expect(replyTo(state, discover({ mac: OTHER })).yourAddress).toBe(promised);
});

test("INFORM gets options, no address and no lease", () => {
  const clientAddress = ip("192.0.2.200");
  const decided = handle(
    stateOf(),
    packet({ clientAddress }, { messageType: MESSAGE_TYPE.inform }),
  );
  expect(decided).toMatchObject({
    destination: { kind: "client", address: clientAddress },
    reply: { yourAddress: NONE, options: { messageType: MESSAGE_TYPE.ack } },
  });
  if (decided.kind !== "reply") throw new Error("no reply");
  expect(decided.commit).toBeUndefined();
  expect(decided.reply.options).not.toHaveProperty("leaseSeconds");
});

const silent: [reason: string, request: DhcpPacket][] = [
  ["dhcp.not_a_request", { ...discover(), op: "reply" }],
  ["dhcp.not_dhcp", packet({}, {})],
  ["dhcp.not_dhcp", packet({}, { messageType: MESSAGE_TYPE.ack })],
  ["dhcp.not_dhcp", packet({}, { messageType: 99 })],
  ["dhcp.hardware_address_invalid", discover({ mac: parseMacAddress("ff:ff:ff:ff:ff:ff") })],
  ["dhcp.hardware_address_invalid", discover({ mac: parseMacAddress("00:00:00:00:00:00") })],
  ["dhcp.no_subnet", discover({ relayAddress: ip("10.1.1.1") })],
  ["dhcp.address_missing", packet({}, { messageType: MESSAGE_TYPE.request })],
  ["dhcp.address_missing", packet({}, { messageType: MESSAGE_TYPE.release })],
  ["dhcp.address_missing", packet({}, { messageType: MESSAGE_TYPE.inform })],
  [
    "dhcp.another_server_chosen",
    packet({}, {
      messageType: MESSAGE_TYPE.request,
      serverId: ip("192.0.2.9"),
      requestedAddress: ip("192.0.2.10"),
    }),
  ],
];
for (const [i, [reason, request]] of silent.entries()) {
  test(`${reason} is why nothing is sent (${i})`, () => {
    expect(handle(stateOf(), request)).toMatchObject({ kind: "silence", reason });
  });
}

test("an interface without a subnet is silent", () => {
  expect(handle(stateOf(), discover(), 0, { interfaceName: "eth9" }))
    .toMatchObject({ kind: "silence", reason: "dhcp.no_subnet" });
});
