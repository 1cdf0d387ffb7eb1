/** Opening a session of IPMI 1.5, IPMI 2.0 §22.15 to §22.17: challenge, then proof. */

import { activateSession } from "../../wire/ipmi/commands/activate_session.ts";
import type { AuthenticationCapabilities } from "../../wire/ipmi/commands/get_channel_authentication_capabilities.ts";
import { getSessionChallenge } from "../../wire/ipmi/commands/get_session_challenge.ts";
import type { IpmiCommand } from "../../wire/ipmi/commands/ipmi_command.ts";
import { describeCompletion } from "../../wire/ipmi/completion_code.ts";
import {
  BMC_ADDRESS,
  CONSOLE_ADDRESS,
  decodeIpmiMessage,
  encodeIpmiMessage,
} from "../../wire/ipmi/ipmi_message.ts";
import { encodeRmcp } from "../../wire/ipmi/rmcp.ts";
import { encodeV15, type SessionPacket } from "../../wire/ipmi/session_header.ts";
import { isV15Genuine, signV15, v15Key } from "../../wire/ipmi/v15_signature.ts";
import { draw } from "./draw.ts";
import { raisePrivilege } from "./exchange.ts";
import {
  busy,
  cipherRefused,
  noPrivilege,
  refusedCommand,
  unknownUser,
  wrongPassword,
} from "./faults.ts";
import { noteAnswer, sendFirst } from "./patience.ts";
import { EMPTY_WINDOW } from "./sequence_window.ts";
import { drop, fail, type IpmiSession, type Phase, type SessionStep } from "./session_state.ts";

const CHALLENGE_SEQUENCE = 1; // request sequences of the two messages
const ACTIVATE_SEQUENCE = 2;

/** Asks for a challenge: the answer to the capabilities said how packets may be signed. */
export function askChallenge(
  session: IpmiSession,
  capabilities: AuthenticationCapabilities | undefined,
  nowMs: number,
): SessionStep {
  const { login } = session;
  if (capabilities && !capabilities.supportsMd5) {
    return fail(session, cipherRefused(login, "it does not offer MD5 for IPMI 1.5"));
  }
  const data = getSessionChallenge.encodeRequest({ username: login.usernameBytes });
  const message = messageOf(getSessionChallenge, CHALLENGE_SEQUENCE, data);
  const request = encodeRmcp("ipmi", encodeV15(message));
  return sendFirst(session, { kind: "challenging", request }, request, nowMs);
}

export function receiveChallenge(
  session: IpmiSession,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  if (packet.kind !== "v15") return drop(session, "unexpected");
  const body = answerTo(getSessionChallenge, CHALLENGE_SEQUENCE, packet.payload);
  const [code, ...data] = body ?? [];
  if (code === undefined) return drop(session, "unexpected");
  const { login } = session;
  if (code === 0x81 || code === 0x82) return fail(session, unknownUser(login));
  if (code !== 0) return fail(session, refusedCommand(login, getSessionChallenge, code));
  const answer = getSessionChallenge.decodeResponse(Uint8Array.from(data));
  return activate(noteAnswer(session, nowMs), answer, nowMs);
}

/** The packet is signed, and so proves the password. */
function activate(
  session: IpmiSession,
  { temporarySessionId, challenge }: { temporarySessionId: number; challenge: Uint8Array },
  nowMs: number,
): SessionStep {
  const { login } = session;
  const data = activateSession.encodeRequest({
    privilege: login.privilege,
    challenge,
    firstBmcSequence: firstBmcSequence(session),
  });
  const payload = messageOf(activateSession, ACTIVATE_SEQUENCE, data);
  const numbers = { sessionId: temporarySessionId, sequence: 0, payload };
  const request = encodeRmcp("ipmi", signV15(numbers, v15Key(login.userKey)));
  return sendFirst(session, { kind: "activating", request, temporarySessionId }, request, nowMs);
}

export function receiveActivated(
  session: IpmiSession,
  phase: Extract<Phase, { kind: "activating" }>,
  packet: SessionPacket,
  nowMs: number,
): SessionStep {
  const { login } = session;
  const key = v15Key(login.userKey);
  if (packet.kind === "rmcp_plus") return drop(session, "unexpected");
  const body = answerTo(activateSession, ACTIVATE_SEQUENCE, packet.payload);
  const [code, ...data] = body ?? [];
  if (code === undefined) return drop(session, "unexpected");
  // Refusals may come unsigned: the BMC does not share a key with whoever guessed wrong.
  if (code !== 0) return fail(session, refusal(session, code));
  if (packet.kind === "v15") return drop(session, "not_sealed");
  if (!isV15Genuine(packet, key)) return drop(session, "bad_integrity");
  const opened = activateSession.decodeResponse(Uint8Array.from(data));
  if (opened.sessionId === 0 || phase.temporarySessionId === 0) return drop(session, "malformed");
  const link = {
    keys: { kind: "v15", key },
    consoleSessionId: opened.sessionId,
    bmcSessionId: opened.sessionId,
    sequence: (opened.firstConsoleSequence - 1) >>> 0, // the next packet has the first number
    requestSequence: ACTIVATE_SEQUENCE,
    window: EMPTY_WINDOW,
  } as const;
  return raisePrivilege(noteAnswer(session, nowMs), link, nowMs);
}

function refusal(session: IpmiSession, code: number) {
  const { login } = session;
  const { words, meaning } = describeCompletion(code, activateSession.completionCodes);
  if (code >= 0x81 && code <= 0x83) return busy(login, activateSession.name, words);
  if (code === 0x86) return noPrivilege(login, activateSession.name, words);
  // A wrong password has no code of its own: BMCs say "invalid" or "insufficient privilege".
  return meaning === "busy" ? busy(login, activateSession.name, words) : wrongPassword(login);
}

function messageOf<Request, Response>(
  { netFn, command }: IpmiCommand<Request, Response>,
  sequence: number,
  body: Uint8Array,
): Uint8Array {
  const addresses = { to: BMC_ADDRESS, from: CONSOLE_ADDRESS };
  return encodeIpmiMessage({ ...addresses, netFn, sequence, command, body });
}

/** Completion code and data, if this answers that request. */
function answerTo<Request, Response>(
  { netFn, command }: IpmiCommand<Request, Response>,
  sequence: number,
  payload: Uint8Array,
): Uint8Array | undefined {
  const message = decodeIpmiMessage(payload);
  const isAnswer = message.netFn === netFn + 1 && message.command === command &&
    message.sequence === sequence;
  return isAnswer ? message.body : undefined;
}

/** The BMC's packets count from here; never 0. */
function firstBmcSequence(session: IpmiSession): number {
  const bytes = draw(session.seed, `first sequence ${session.attempt}`, 4);
  return new DataView(bytes.buffer).getUint32(0) || 1;
}
