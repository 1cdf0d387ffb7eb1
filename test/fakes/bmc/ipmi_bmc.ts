import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import {
  CIPHER_SUITES,
  type CipherSuiteId,
  suiteOf,
} from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import {
  decodeIpmiMessage,
  encodeIpmiMessage,
  type IpmiMessage,
} from "@/rack-agent/wire/ipmi/ipmi_message.ts";
import {
  decodeOpenSessionRequest,
  encodeOpenSessionResponse,
} from "@/rack-agent/wire/ipmi/open_session.ts";
import {
  decodeRakp1,
  decodeRakp3,
  encodeRakp2,
  encodeRakp4,
  type Rakp1,
} from "@/rack-agent/wire/ipmi/rakp.ts";
import {
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4CheckValue,
  type RakpExchange,
  sameBytes,
  type SessionKeys,
  sessionKeys,
} from "@/rack-agent/wire/ipmi/rakp_keys.ts";
import { decodeRmcp, encodeRmcp } from "@/rack-agent/wire/ipmi/rmcp.ts";
import { openPacket, sealPacket } from "@/rack-agent/wire/ipmi/sealed_packet.ts";
import {
  decodeSessionPacket,
  encodeSetup,
  encodeV15,
  PAYLOAD,
  type RmcpPlusPacket,
  type SignedV15Packet,
} from "@/rack-agent/wire/ipmi/session_header.ts";
import { isV15Genuine, signV15, v15Key } from "@/rack-agent/wire/ipmi/v15_signature.ts";
import { IpmiMachine } from "./ipmi_machine.ts";

/** What a simulated BMC is like; every field has a usual value. */
export interface IpmiBmcOptions {
  readonly username?: string;
  readonly password?: string;
  readonly kg?: string;
  /** Cipher suites that it takes; 3 and 17 when absent. */
  readonly suites?: readonly CipherSuiteId[];
  /** Highest level a session may be raised to, IPMI 2.0 §6.8. */
  readonly privilegeLimit?: number;
  readonly supportsIpmi2?: boolean;
  /** A repeated RAKP message 1 gets a new random number and spoils the first, as on some BMCs. */
  readonly isForgetful?: boolean;
  /** Ends every session after this many commands, as a BMC does that restarts. */
  readonly commandsPerSession?: number;
  /** Every n-th answer carries the number of the request before, as on some old BMCs. */
  readonly offByOneEvery?: number;
  /** Answers a command before the BMC does: completion code and data, or undefined for "as usual". */
  readonly answer?: (request: IpmiMessage) => readonly number[] | undefined;
  /** 16 bytes, for random numbers and initialization vectors. */
  readonly random16: () => Uint8Array;
}

interface OpenSession {
  readonly consoleSessionId: number;
  readonly keys: { kind: "v20"; keys: SessionKeys } | { kind: "v15"; key: Uint8Array };
  privilege: number;
  privilegeMax: number;
  sequence: number; // of the last packet sent
  commands: number;
  readonly seen: Set<number>; // the last sequence numbers received
}

const SESSIONS_MAX = 8; // half-open ones included; the oldest makes room
const SEEN_MAX = 32;
const USER_PRIVILEGE = 2;
const GUID = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

/**
 * The BMC's side of IPMI in memory: datagram in, datagrams out. Holds about two kilobytes.
 *
 * It shares the codec with the product's client, so others are the judge of both: `ipmitool` and
 * FreeIPMI in `test/integration/ipmi`.
 */
export class IpmiBmc {
  readonly machine: IpmiMachine;
  readonly commands: number[][] = []; // the last ones run: netFn, command, data
  readonly #options: IpmiBmcOptions;
  #nextSessionId = 0x0102_0300;
  #answers = 0;
  readonly #opening = new Map<number, {
    consoleSessionId: number;
    suite: CipherSuiteId;
    exchange?: RakpExchange;
    user?: { privilege: number };
  }>();
  readonly #challenges = new Map<number, { challenge: Uint8Array; username: string }>();
  readonly #open = new Map<number, OpenSession>();

  constructor(options: IpmiBmcOptions) {
    this.#options = options;
    this.machine = new IpmiMachine(options.suites ?? [3, 17]);
    this.machine.users.set(2, {
      name: options.username ?? "admin",
      password: new TextEncoder().encode(options.password ?? "secret123"),
      isEnabled: true,
      mayUseIpmi: true,
      privilege: options.privilegeLimit ?? 4,
    });
  }

  get openSessions(): number {
    return this.#open.size;
  }

  get halfOpenSessions(): number {
    return [...this.#opening.keys()].filter((id) => !this.#open.has(id)).length;
  }

  /** Forgets every session, as a BMC does when it restarts. */
  forgetSessions(): void {
    this.#open.clear();
    this.#opening.clear();
  }

  /** The answers to one datagram; none to what it does not understand. */
  receive(datagram: Uint8Array): Uint8Array[] {
    try {
      const { messageClass, body } = decodeRmcp(datagram);
      if (messageClass === "asf") return pong(body);
      const packet = decodeSessionPacket(body);
      const answer = packet.kind === "v15"
        ? this.#outside(packet.payload)
        : packet.kind === "signed_v15"
        ? this.#signedV15(packet)
        : packet.sessionId === 0
        ? this.#setup(packet)
        : this.#command(packet, body);
      return answer ? [encodeRmcp("ipmi", answer)] : [];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  }

  #remember<T>(sessions: Map<number, T>, id: number, session: T): void {
    const [oldest] = sessions.keys();
    if (sessions.size >= SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
    sessions.set(id, session);
  }

  #end(bmcSessionId: number): void {
    this.#open.delete(bmcSessionId);
    this.#opening.delete(bmcSessionId);
  }

  /** Commands that need no session. */
  #outside(payload: Uint8Array): Uint8Array | undefined {
    const request = decodeIpmiMessage(payload);
    const answer = (body: readonly number[]) => encodeV15(replyTo(request, body));
    switch (request.netFn << 8 | request.command) {
      case 0x0638: {
        const login = 0x04 | (this.#options.kg === undefined ? 0 : 0x20);
        const versions = this.#options.supportsIpmi2 === false ? 0x01 : 0x03;
        return answer([0x00, 0x01, 0x84, login, versions, 0, 0, 0, 0]);
      }
      case 0x0639:
        return answer(this.#challenge(request.body));
      case 0x0654:
        return answer(this.machine.run(request.netFn, request.command, request.body, 0));
      default:
        return undefined;
    }
  }

  #challenge([, ...name]: Uint8Array): readonly number[] {
    const username = new TextDecoder().decode(Uint8Array.from(name)).replace(/\0.*$/s, "");
    if (!this.machine.userNamed(username)) return [0x81];
    const id = this.#nextSessionId++;
    const challenge = this.#options.random16();
    this.#remember(this.#challenges, id, { challenge, username });
    return [0x00, ...new ByteWriter().u32LE(id).bytes(challenge).finish()];
  }

  #signedV15(packet: SignedV15Packet): Uint8Array | undefined {
    const asked = this.#challenges.get(packet.sessionId);
    if (asked) return this.#activate(packet, asked);
    const session = this.#open.get(packet.sessionId);
    if (session?.keys.kind !== "v15" || !isV15Genuine(packet, session.keys.key)) return undefined;
    const answer = this.#answer(session, packet.sequence, packet.sessionId, packet.payload);
    if (!answer) return undefined;
    const { sessionId } = packet;
    const { sequence, payload } = answer;
    return signV15({ sessionId, sequence, payload }, session.keys.key);
  }

  #activate(
    packet: SignedV15Packet,
    { challenge, username }: { challenge: Uint8Array; username: string },
  ): Uint8Array | undefined {
    const request = decodeIpmiMessage(packet.payload);
    const user = this.machine.userNamed(username);
    if (request.command !== 0x3a || !user) return undefined;
    const key = v15Key(user.password);
    const isRight = isV15Genuine(packet, key) &&
      sameBytes(request.body.subarray(2, 18), challenge);
    if (!isRight) return encodeV15(replyTo(request, [0xcc])); // "invalid data", in so many words
    this.#challenges.delete(packet.sessionId);
    const first = new DataView(request.body.slice(18, 22).buffer).getUint32(0, true);
    const id = this.#nextSessionId++;
    this.#remember(this.#open, id, {
      consoleSessionId: id,
      keys: { kind: "v15", key },
      privilege: USER_PRIVILEGE,
      privilegeMax: user.privilege,
      sequence: first - 1,
      commands: 0,
      seen: new Set<number>(),
    });
    const data = new ByteWriter().u8(0).u8(2).u32LE(id).u32LE(1).u8(user.privilege).finish();
    const payload = replyTo(request, [...data]);
    return signV15({ sessionId: packet.sessionId, sequence: 0, payload }, key);
  }

  #setup(packet: RmcpPlusPacket): Uint8Array | undefined {
    switch (packet.payloadType) {
      case PAYLOAD.openSessionRequest:
        return encodeSetup(PAYLOAD.openSessionResponse, this.#openSession(packet.payload));
      case PAYLOAD.rakp1:
        return encodeSetup(PAYLOAD.rakp2, this.#rakp2(decodeRakp1(packet.payload)));
      case PAYLOAD.rakp3:
        return this.#rakp4(packet.payload);
      default:
        return undefined;
    }
  }

  #openSession(payload: Uint8Array): Uint8Array {
    const { tag, consoleSessionId, algorithms } = decodeOpenSessionRequest(payload);
    const suite = suiteOf(algorithms);
    if (suite === undefined || !this.machine.suites.includes(suite)) {
      return encodeOpenSessionResponse({ kind: "refused", tag, status: 0x11 });
    }
    const bmcSessionId = this.#nextSessionId++;
    this.#remember(this.#opening, bmcSessionId, { consoleSessionId, suite });
    const kind = "accepted";
    return encodeOpenSessionResponse({ kind, tag, consoleSessionId, bmcSessionId, algorithms });
  }

  #rakp2(message: Rakp1): Uint8Array {
    const { tag, bmcSessionId } = message;
    const opening = this.#opening.get(bmcSessionId);
    if (!opening) return encodeRakp2({ kind: "refused", tag, status: 0x02 });
    const user = this.machine.userNamed(new TextDecoder().decode(message.username));
    if (!user) return encodeRakp2({ kind: "refused", tag, status: 0x0d });
    const { consoleSessionId, suite } = opening;
    const { kg } = this.#options;
    const known = this.#options.isForgetful ? undefined : opening.exchange?.bmcRandom;
    const exchange: RakpExchange = {
      ...message,
      suite: CIPHER_SUITES[suite],
      userKey: user.password,
      bmcKey: kg === undefined ? undefined : new TextEncoder().encode(kg),
      consoleSessionId,
      bmcRandom: known ?? this.#options.random16(),
      bmcGuid: GUID,
    };
    this.#opening.set(bmcSessionId, { ...opening, exchange, user });
    const { bmcRandom, bmcGuid } = exchange;
    const authCode = rakp2AuthCode(exchange);
    const kind = "accepted";
    return encodeRakp2({ kind, tag, consoleSessionId, bmcRandom, bmcGuid, authCode });
  }

  #rakp4(payload: Uint8Array): Uint8Array | undefined {
    const { tag, status, bmcSessionId, authCode } = decodeRakp3(payload);
    const opening = this.#opening.get(bmcSessionId);
    if (status !== 0) this.#opening.delete(bmcSessionId);
    if (!opening?.exchange || status !== 0) return undefined;
    const { exchange, consoleSessionId } = opening;
    const answer = (message: Parameters<typeof encodeRakp4>[0]) =>
      encodeSetup(PAYLOAD.rakp4, encodeRakp4(message));
    if (!sameBytes(authCode, rakp3AuthCode(exchange))) {
      return answer({ kind: "refused", tag, status: 0x0f });
    }
    if (!this.#open.has(bmcSessionId)) {
      this.#remember(this.#open, bmcSessionId, {
        consoleSessionId,
        keys: { kind: "v20", keys: sessionKeys(exchange) },
        privilege: USER_PRIVILEGE,
        privilegeMax: opening.user?.privilege ?? USER_PRIVILEGE,
        sequence: 0,
        commands: 0,
        seen: new Set<number>(),
      });
    }
    const checkValue = rakp4CheckValue(exchange);
    return answer({ kind: "accepted", tag, consoleSessionId, checkValue });
  }

  #command(packet: RmcpPlusPacket, body: Uint8Array): Uint8Array | undefined {
    const session = this.#open.get(packet.sessionId);
    if (session?.keys.kind !== "v20") return undefined;
    const opened = openPacket(body, packet, session.keys.keys);
    if (opened.kind === "refused") return undefined;
    const answer = this.#answer(session, packet.sequence, packet.sessionId, opened.payload);
    if (!answer) return undefined;
    const head = { ...answer, payloadType: PAYLOAD.ipmi, sessionId: session.consoleSessionId };
    return sealPacket(head, session.keys.keys, this.#options.random16());
  }

  /** The answer to a genuine message, and the number of the packet that carries it. */
  #answer(session: OpenSession, sequence: number, id: number, message: Uint8Array) {
    const isUnnumbered = sequence === 0 && session.keys.kind === "v20" &&
      session.keys.keys.suite.signing === "none"; // consoles may leave the number out, §6.12.13
    if (!isUnnumbered && (sequence === 0 || session.seen.has(sequence))) return undefined;
    session.seen.add(sequence);
    const [oldest] = session.seen;
    if (session.seen.size > SEEN_MAX && oldest !== undefined) session.seen.delete(oldest);

    const request = decodeIpmiMessage(message);
    const body = this.#options.answer?.(request) ?? this.#run(session, id, request);
    session.sequence++;
    session.commands++;
    this.#answers++;
    const { offByOneEvery, commandsPerSession } = this.#options;
    if (session.commands === commandsPerSession) this.#end(id);
    const isOff = offByOneEvery !== undefined && this.#answers % offByOneEvery === 0;
    const numbered = isOff ? { ...request, sequence: (request.sequence + 63) % 64 } : request;
    return { sequence: session.sequence, payload: replyTo(numbered, body) };
  }

  /** Completion code and data of a command. */
  #run(session: OpenSession, id: number, request: IpmiMessage): readonly number[] {
    const { netFn, command, body } = request;
    this.commands.push([netFn, command, ...body]);
    if (this.commands.length > SEEN_MAX * 2) this.commands.splice(0, SEEN_MAX);
    switch (netFn << 8 | command) {
      case 0x063b: { // set session privilege level; 0 asks which it is
        const wanted = body[0] ?? 0;
        if (wanted > session.privilegeMax) return [0x81];
        if (wanted > 0) session.privilege = wanted;
        return [0x00, session.privilege];
      }
      case 0x063c: // close session
        this.#end(body.length === 4 ? new DataView(body.slice().buffer).getUint32(0, true) : id);
        return [0x00];
      default:
        return this.machine.run(netFn, command, body, session.privilege);
    }
  }
}

function replyTo(request: IpmiMessage, body: readonly number[]): Uint8Array {
  const { to, from, netFn } = request;
  const body8 = Uint8Array.from(body);
  return encodeIpmiMessage({ ...request, to: from, from: to, netFn: netFn + 1, body: body8 });
}

/** ASF presence pong, IPMI 2.0 §13.2.4. */
function pong(body: Uint8Array): Uint8Array[] {
  const [, , , , type, tag = 0] = body;
  if (type !== 0x80) return [];
  const writer = new ByteWriter().u32(4542).u8(0x40).u8(tag).u8(0).u8(16);
  return [encodeRmcp("asf", writer.u32(4542).u32(0).u8(0x81).u8(0).u16(0).u32(0).finish())];
}
