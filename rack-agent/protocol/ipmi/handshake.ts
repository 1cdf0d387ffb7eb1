import { getChannelAuthenticationCapabilities } from "../../wire/ipmi/commands/get_channel_authentication_capabilities.ts";
import {
  BMC_ADDRESS,
  CONSOLE_ADDRESS,
  decodeIpmiMessage,
  encodeIpmiMessage,
} from "../../wire/ipmi/ipmi_message.ts";
import {
  decodeOpenSessionResponse,
  encodeOpenSessionRequest,
} from "../../wire/ipmi/open_session.ts";
import {
  decodeRakp2,
  decodeRakp4,
  encodeRakp1,
  encodeRakp3,
  roleByte,
} from "../../wire/ipmi/rakp.ts";
import {
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4CheckValue,
  type RakpExchange,
  sameBytes,
  sessionKeys,
} from "../../wire/ipmi/rakp_keys.ts";
import { describeRakpStatus, STATUS_BAD_CHECK_VALUE } from "../../wire/ipmi/rakp_status.ts";
import { encodeRmcp } from "../../wire/ipmi/rmcp.ts";
import {
  encodeSetup,
  encodeV15,
  PAYLOAD,
  type SessionPacket,
} from "../../wire/ipmi/session_header.ts";
import { draw } from "./draw.ts";
import { raisePrivilege } from "./exchange.ts";
import { busy, cipherRefused, refusedSession, tooOld, wrongKg, wrongPassword } from "./faults.ts";
import { askChallenge } from "./handshake_v15.ts";
import { noteAnswer, sendFirst } from "./patience.ts";
import { EMPTY_WINDOW } from "./sequence_window.ts";
import { drop, fail, type IpmiSession, type Phase, type SessionStep } from "./session_state.ts";

type In<Kind extends Phase["kind"]> = Extract<Phase, { kind: Kind }>;

export const ATTEMPTS_MAX = 2;
const ANY_PRIVILEGE = 0; // "the highest the cipher suite allows", IPMI 2.0 §13.17
const ASK_SEQUENCE = 0; // request sequence of the only message outside a session

/** Asks how to log in: the cheapest question a BMC answers, and every one does. */
export function askCapabilities(session: IpmiSession, nowMs: number): SessionStep {
  const { privilege } = session.login;
  const message = encodeIpmiMessage({
    to: BMC_ADDRESS,
    from: CONSOLE_ADDRESS,
    netFn: getChannelAuthenticationCapabilities.netFn,
    sequence: ASK_SEQUENCE,
    command: getChannelAuthenticationCapabilities.command,
    body: getChannelAuthenticationCapabilities.encodeRequest({ privilege }),
  });
  const request = encodeRmcp("ipmi", encodeV15(message));
  return sendFirst(session, { kind: "asking", request }, request, nowMs);
}

export function receiveCapabilities(
  session: IpmiSession,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  const { netFn, command, decodeResponse } = getChannelAuthenticationCapabilities;
  if (packet.kind !== "v15") return drop(session, "unexpected");
  const message = decodeIpmiMessage(packet.payload);
  if (message.netFn !== netFn + 1 || message.command !== command) {
    return drop(session, "unexpected");
  }
  // A BMC may refuse the question and still let in: only a clear "no" ends it here.
  const capabilities = message.body[0] === 0 ? decodeResponse(message.body.subarray(1)) : undefined;
  const noted = noteAnswer(session, nowMs);
  if (session.login.version === "1.5") return askChallenge(noted, capabilities, nowMs);
  if (capabilities?.supportsIpmi2 === false) return fail(session, tooOld(session.login));
  return openSession(noted, nowMs);
}

/** Proposes the cipher suite under a fresh session id. */
function openSession(session: IpmiSession, nowMs: number): SessionStep {
  const request = setup(
    PAYLOAD.openSessionRequest,
    encodeOpenSessionRequest({
      tag: tagOf(session, "opening"),
      maxPrivilege: ANY_PRIVILEGE,
      consoleSessionId: consoleSessionId(session),
      algorithms: session.login.suite,
    }),
  );
  return sendFirst(session, { kind: "opening", request }, request, nowMs);
}

/** Begins the handshake again with new numbers; undefined when that was tried often enough. */
export function restartHandshake(session: IpmiSession, nowMs: number): SessionStep | undefined {
  const attempt = session.attempt + 1;
  if (attempt >= ATTEMPTS_MAX) return undefined;
  return openSession({ ...session, attempt }, nowMs);
}

export function receiveOpened(
  session: IpmiSession,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  const payload = setupPayload(packet, PAYLOAD.openSessionResponse);
  if (!payload) return drop(session, "unexpected");
  const response = decodeOpenSessionResponse(payload);
  if (response.tag !== tagOf(session, "opening")) return drop(session, "unexpected");
  const { login } = session;
  if (response.kind === "refused") return fail(session, refusedSession(login, response.status));
  if (response.consoleSessionId !== consoleSessionId(session)) {
    return drop(session, "wrong_session");
  }
  const { authentication, integrity, confidentiality } = response.algorithms;
  const isAsProposed = authentication === login.suite.authentication &&
    integrity === login.suite.integrity && confidentiality === login.suite.confidentiality;
  // Anything else would be a silent downgrade, perhaps by somebody on the way.
  if (!isAsProposed) return fail(session, cipherRefused(login, "it answers with another suite"));
  return proveStart(noteAnswer(session, nowMs), response.bmcSessionId, nowMs);
}

function proveStart(session: IpmiSession, bmcSessionId: number, nowMs: number): SessionStep {
  const request = setup(
    PAYLOAD.rakp1,
    encodeRakp1({
      tag: tagOf(session, "proving"),
      bmcSessionId,
      consoleRandom: consoleRandom(session),
      role: roleByte(session.login.privilege),
      username: session.login.usernameBytes,
    }),
  );
  return sendFirst(session, { kind: "proving", request, bmcSessionId }, request, nowMs);
}

export function receiveProof(
  session: IpmiSession,
  phase: In<"proving">,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  const payload = setupPayload(packet, PAYLOAD.rakp2);
  if (!payload) return drop(session, "unexpected");
  const message = decodeRakp2(payload);
  if (message.tag !== tagOf(session, "proving")) return drop(session, "unexpected");
  if (message.kind === "refused") return refused(session, message.status, nowMs);
  if (message.consoleSessionId !== consoleSessionId(session)) return drop(session, "wrong_session");

  const exchange = exchangeOf(session, phase.bmcSessionId, message);
  if (!sameBytes(message.authCode, rakp2AuthCode(exchange))) {
    return fail(session, wrongPassword(session.login), giveUp(session, phase.bmcSessionId));
  }
  const request = setup(
    PAYLOAD.rakp3,
    encodeRakp3({
      tag: tagOf(session, "finishing"),
      status: 0,
      bmcSessionId: phase.bmcSessionId,
      authCode: rakp3AuthCode(exchange),
    }),
  );
  const noted = noteAnswer(session, nowMs);
  return sendFirst(noted, { kind: "finishing", request, exchange }, request, nowMs);
}

export function receiveFinish(
  session: IpmiSession,
  phase: In<"finishing">,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  const payload = setupPayload(packet, PAYLOAD.rakp4);
  if (!payload) return drop(session, "unexpected");
  const message = decodeRakp4(payload);
  if (message.tag !== tagOf(session, "finishing")) return drop(session, "unexpected");
  if (message.kind === "refused") {
    // The password is right, RAKP message 2 proved it. A BMC that saw message 1 twice expects the
    // answer to its second random number, so a wrong check value means "start over" here.
    if (message.status !== STATUS_BAD_CHECK_VALUE) return refused(session, message.status, nowMs);
    const error = busy(session.login, "open a session", "it lost count of the handshake");
    return restartHandshake(session, nowMs) ?? fail(session, error);
  }
  const { exchange } = phase;
  if (message.consoleSessionId !== exchange.consoleSessionId) return drop(session, "wrong_session");
  if (!sameBytes(message.checkValue, rakp4CheckValue(exchange))) {
    return fail(session, wrongKg(session.login));
  }
  const { consoleSessionId, bmcSessionId } = exchange;
  const keys = { kind: "v20", keys: sessionKeys(exchange) } as const;
  const counters = { sequence: 0, requestSequence: 0, window: EMPTY_WINDOW };
  const link = { keys, consoleSessionId, bmcSessionId, ...counters };
  return raisePrivilege(noteAnswer(session, nowMs), link, nowMs);
}

/** A BMC that lost the half-open session is asked once more from the start. */
function refused(session: IpmiSession, status: number, nowMs: number): SessionStep {
  const again = describeRakpStatus(status).cause === "lost" && restartHandshake(session, nowMs);
  return again || fail(session, refusedSession(session.login, status));
}

/** Frees the half-open session at once: BMCs have few, IPMI 2.0 §13.22. */
function giveUp(session: IpmiSession, bmcSessionId: number): Uint8Array {
  const tag = tagOf(session, "finishing");
  const status = STATUS_BAD_CHECK_VALUE;
  const message = encodeRakp3({ tag, status, bmcSessionId, authCode: new Uint8Array(0) });
  return setup(PAYLOAD.rakp3, message);
}

function exchangeOf(
  session: IpmiSession,
  bmcSessionId: number,
  proof: { bmcRandom: Uint8Array; bmcGuid: Uint8Array },
): RakpExchange {
  const { suite, userKey, bmcKey, privilege, usernameBytes } = session.login;
  return {
    suite,
    userKey,
    bmcKey,
    role: roleByte(privilege),
    username: usernameBytes,
    consoleSessionId: consoleSessionId(session),
    bmcSessionId,
    consoleRandom: consoleRandom(session),
    bmcRandom: proof.bmcRandom,
    bmcGuid: proof.bmcGuid,
  };
}

function setup(payloadType: number, payload: Uint8Array): Uint8Array {
  return encodeRmcp("ipmi", encodeSetup(payloadType, payload));
}

/** The payload of a packet outside a session, if it is of the type awaited. */
function setupPayload(packet: SessionPacket, payloadType: number): Uint8Array | undefined {
  const isAwaited = packet.kind === "rmcp_plus" && packet.payloadType === payloadType &&
    packet.sessionId === 0 && !packet.isEncrypted && !packet.isAuthenticated;
  return isAwaited ? packet.payload : undefined;
}

/** Differs by attempt and message, so that a late answer is never taken for another's. */
function tagOf(session: IpmiSession, message: "opening" | "proving" | "finishing"): number {
  const [base = 0] = draw(session.seed, "tag", 1);
  const offset = { opening: 0, proving: 1, finishing: 2 }[message];
  return (base + session.attempt * 3 + offset) & 0xff;
}

/** Ours, never 0: that means "no session". */
function consoleSessionId(session: IpmiSession): number {
  const bytes = draw(session.seed, `session id ${session.attempt}`, 4);
  return new DataView(bytes.buffer).getUint32(0) || 1;
}

function consoleRandom(session: IpmiSession): Uint8Array {
  return draw(session.seed, `random ${session.attempt}`, 16);
}
