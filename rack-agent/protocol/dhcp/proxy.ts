import { MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import type { Answer } from "./answer.ts";
import type { Asked } from "./asked.ts";
import { destinationOf, proxyReplyFor } from "./reply.ts";
import type { DhcpSubnet } from "./site.ts";

/** A DISCOVER where addresses are somebody else's: only what to boot is offered. */
export function onProxyDiscover(asked: Asked, subnet: DhcpSubnet): Answer {
  const offer = proxyReplyFor(asked, subnet, MESSAGE_TYPE.offer);
  if (!offer) return { kind: "silence", reason: "dhcp.not_booting" };
  return { kind: "reply", reply: offer.reply, destination: destinationOf(offer.reply) };
}

/**
 * A packet to port 4011: firmware that took a proxy's offer asks for its file again, from the
 * address that it has got meanwhile (PXE 2.1 §2.2.1). Some firmware also informs instead.
 */
export function onProxyRequest(asked: Asked): Answer {
  const { request, arrival: { source }, site, arrival } = asked;
  const { messageType } = request.options;
  if (messageType !== MESSAGE_TYPE.request && messageType !== MESSAGE_TYPE.inform) {
    return { kind: "silence", reason: "dhcp.not_dhcp" };
  }
  const here = site.onInterface.get(arrival.interfaceName) ?? [];
  const subnet = asked.proxied ?? here.find(({ mode }) => mode === "proxy");
  if (!subnet) return { kind: "silence", reason: "dhcp.no_subnet" };
  const answer = proxyReplyFor(asked, subnet, MESSAGE_TYPE.ack);
  if (!answer) return { kind: "silence", reason: "dhcp.not_booting" };
  const { reply, boot } = answer;
  const destination = source && source.address !== NO_ADDRESS
    ? { kind: "peer" as const, ...source }
    : destinationOf(reply);
  return { kind: "reply", reply, destination, boot };
}
