import { closeSession } from "../../wire/ipmi/commands/close_session.ts";
import { setSessionPrivilegeLevel } from "../../wire/ipmi/commands/set_session_privilege_level.ts";
import { describeCompletion } from "../../wire/ipmi/completion_code.ts";
import {
  BMC_ADDRESS,
  CONSOLE_ADDRESS,
  decodeIpmiMessage,
  encodeIpmiMessage,
  type IpmiMessage,
} from "../../wire/ipmi/ipmi_message.ts";
import type { SessionPacket } from "../../wire/ipmi/session_header.ts";
import { noPrivilege, refusedCommand } from "./faults.ts";
import { packMessage, unpackMessage } from "./packet_link.ts";
import { noteAnswer, sendAgain, sendFirst } from "./patience.ts";
import {
  type CommandRequest,
  drop,
  fail,
  type IpmiSession,
  type Link,
  type Pending,
  type SessionStep,
} from "./session_state.ts";

/** The phases of an open session in which an answer is awaited. */
type Waiting = { readonly kind: "raising" | "commanding" | "closing" } & {
  readonly link: Link;
  readonly pending: Pending;
};

const REQUEST_SEQUENCES = 64; // six bits, IPMI 2.0 §13.8

/** Asks for the privilege the login names: a fresh session is a mere user's, IPMI 2.0 §22.18. */
export function raisePrivilege(session: IpmiSession, link: Link, nowMs: number): SessionStep {
  const { privilege } = session.login;
  const data = setSessionPrivilegeLevel.encodeRequest({ privilege });
  return begin(session, "raising", link, { ...setSessionPrivilegeLevel, data }, nowMs);
}

/** Sends a command on an idle session. */
export function sendCommand(
  session: IpmiSession,
  link: Link,
  request: CommandRequest,
  nowMs: number,
): SessionStep {
  return begin(session, "commanding", link, request, nowMs);
}

/** Gives the session back to the BMC. */
export function sendClose(session: IpmiSession, link: Link, nowMs: number): SessionStep {
  const data = closeSession.encodeRequest({ bmcSessionId: link.bmcSessionId });
  return begin(session, "closing", link, { ...closeSession, data }, nowMs);
}

/** Repeats the request in hand in a packet of its own: the BMC drops a repeated packet. */
export function repeatRequest(session: IpmiSession, phase: Waiting, nowMs: number): SessionStep {
  const { link, bytes } = seal(session, phase.link, phase.pending);
  return sendAgain(session, { ...phase, link }, bytes, nowMs);
}

/** Takes a packet from an open session. */
export function receiveAnswer(
  session: IpmiSession,
  phase: Waiting,
  received: { packet: SessionPacket; body: Uint8Array },
  nowMs: number,
): SessionStep {
  const unpacked = unpackMessage(phase.link, received);
  if (typeof unpacked === "string") return drop(session, unpacked);
  const advanced: Waiting = { ...phase, link: unpacked.link };
  const message = decodeIpmiMessage(unpacked.message);
  const [code, ...data] = message.body;
  if (!answers(message, phase.pending) || code === undefined) {
    return drop({ ...session, phase: advanced }, "unexpected");
  }
  return conclude(session, advanced, { code, data: Uint8Array.from(data) }, nowMs);
}

/** What a completion code leads to in each phase. */
function conclude(
  session: IpmiSession,
  phase: Waiting,
  response: { code: number; data: Uint8Array },
  nowMs: number,
): SessionStep {
  const { login } = session;
  const { link, pending } = phase;
  const { words, meaning } = describeCompletion(response.code, pending.completionCodes);
  const idle: IpmiSession = { ...noteAnswer(session, nowMs), phase: { kind: "idle", link } };
  if (phase.kind === "closing") {
    return { kind: "closed", session: { ...idle, phase: { kind: "ended" } } };
  }
  if (meaning === "busy") return waitForFree(session, phase, response.code);
  if (phase.kind === "raising") {
    if (meaning === "done") return { kind: "ready", session: idle };
    return fail(session, noPrivilege(login, pending.name, words));
  }
  const answer = meaning === "done"
    ? { kind: "done", data: response.data } as const
    : { kind: "refused", error: refusedCommand(login, pending, response.code) } as const;
  return { kind: "answered", session: idle, answer };
}

/** Lets the deadline repeat the request, under a new number: the old one is answered. */
function waitForFree(session: IpmiSession, phase: Waiting, busyCode: number): SessionStep {
  const requestSequence = nextRequestSequence(phase.link);
  const link = { ...phase.link, requestSequence };
  const pending = { ...phase.pending, requestSequence, busyCode };
  return { kind: "wait", session: { ...session, phase: { ...phase, link, pending } } };
}

function begin(
  session: IpmiSession,
  kind: Waiting["kind"],
  link: Link,
  request: CommandRequest,
  nowMs: number,
): SessionStep {
  const requestSequence = nextRequestSequence(link);
  const { name, netFn, command, data, completionCodes } = request;
  const pending = { name, netFn, command, data, completionCodes, requestSequence };
  const sealed = seal(session, { ...link, requestSequence }, pending);
  return sendFirst(session, { kind, link: sealed.link, pending }, sealed.bytes, nowMs);
}

function seal(
  session: IpmiSession,
  link: Link,
  pending: Pending,
): { link: Link; bytes: Uint8Array } {
  const message = encodeIpmiMessage({
    to: BMC_ADDRESS,
    from: CONSOLE_ADDRESS,
    netFn: pending.netFn,
    sequence: pending.requestSequence,
    command: pending.command,
    body: pending.data,
  });
  return packMessage(session, link, message);
}

function answers(message: IpmiMessage, pending: Pending): boolean {
  return message.netFn === pending.netFn + 1 && message.command === pending.command &&
    message.sequence === pending.requestSequence;
}

function nextRequestSequence(link: Link): number {
  return (link.requestSequence + 1) % REQUEST_SEQUENCES;
}
