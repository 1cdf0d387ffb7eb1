/** How messages travel in an open session: the one place that knows IPMI 2.0 from 1.5 there. */

import { encodeRmcp } from "../../wire/ipmi/rmcp.ts";
import { openPacket, sealPacket } from "../../wire/ipmi/sealed_packet.ts";
import { PAYLOAD, type SessionPacket } from "../../wire/ipmi/session_header.ts";
import { isV15Genuine, signV15 } from "../../wire/ipmi/v15_signature.ts";
import { draw } from "./draw.ts";
import { acceptSequence } from "./sequence_window.ts";
import type { DropReason, IpmiSession, Link } from "./session_state.ts";

const IV_BYTES = 16;

/** Puts one message into a packet of its own. */
export function packMessage(
  session: IpmiSession,
  link: Link,
  message: Uint8Array,
): { link: Link; bytes: Uint8Array } {
  const sequence = nextSequence(link.sequence);
  const { bmcSessionId, keys } = link;
  const numbers = { sessionId: bmcSessionId, sequence, payload: message };
  const packet = keys.kind === "v15"
    ? signV15(numbers, keys.key)
    : sealPacket({ ...numbers, payloadType: PAYLOAD.ipmi }, keys.keys, ivOf(session, sequence));
  return { link: { ...link, sequence }, bytes: encodeRmcp("ipmi", packet) };
}

/** The message in a packet from the BMC. Session first, then signature, then sequence number. */
export function unpackMessage(
  link: Link,
  { packet, body }: { packet: SessionPacket; body: Uint8Array },
): { link: Link; message: Uint8Array } | DropReason {
  const opened = link.keys.kind === "v15"
    ? openV15(link, packet, link.keys.key)
    : openV20(link, { packet, body });
  if (typeof opened === "string") return opened;
  // Packets that anybody can forge need no number, and some BMCs give them none, §6.12.13.
  if (isUnsigned(link)) return { link, message: opened.message };
  const window = acceptSequence(link.window, opened.sequence);
  return window ? { link: { ...link, window }, message: opened.message } : "replayed";
}

function isUnsigned({ keys }: Link): boolean {
  return keys.kind === "v20" && keys.keys.suite.signing === "none";
}

type Unpacked = { readonly sequence: number; readonly message: Uint8Array } | DropReason;

function openV20(
  link: Link,
  { packet, body }: { packet: SessionPacket; body: Uint8Array },
): Unpacked {
  if (link.keys.kind !== "v20" || packet.kind !== "rmcp_plus") return "unexpected";
  if (packet.payloadType !== PAYLOAD.ipmi) return "unexpected";
  if (packet.sessionId !== link.consoleSessionId) return "wrong_session";
  const opened = openPacket(body, packet, link.keys.keys);
  if (opened.kind === "refused") return opened.reason;
  return { sequence: packet.sequence, message: opened.payload };
}

/** In IPMI 1.5 both ends use the BMC's session id. */
function openV15(link: Link, packet: SessionPacket, key: Uint8Array): Unpacked {
  if (packet.kind !== "signed_v15") return packet.kind === "v15" ? "not_sealed" : "unexpected";
  if (packet.sessionId !== link.bmcSessionId) return "wrong_session";
  if (!isV15Genuine(packet, key)) return "bad_integrity";
  return { sequence: packet.sequence, message: packet.payload };
}

/** Wraps around 0, which means "outside a session", IPMI 2.0 §6.12.12. */
function nextSequence(sequence: number): number {
  return ((sequence + 1) >>> 0) || 1;
}

function ivOf(session: IpmiSession, sequence: number): Uint8Array {
  return draw(session.seed, `iv ${session.attempt} ${sequence}`, IV_BYTES);
}
