import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { CIPHER_SUITES, type CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
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
} from "@/rack-agent/wire/ipmi/session_header.ts";

/** What a scripted BMC is like; every field has a usual value. */
export interface ScriptedBmcOptions {
  readonly username?: string;
  readonly password?: string;
  readonly kg?: string;
  readonly suite?: CipherSuiteId;
  /** Highest level a session may be raised to, IPMI 2.0 §6.8. */
  readonly privilegeLimit?: number;
  readonly supportsIpmi2?: boolean;
  /** A repeated RAKP message 1 gets a new random number and spoils the first, as on some BMCs. */
  readonly isForgetful?: boolean;
  /** Answers a command before the BMC does: completion code and data, or undefined for "as usual". */
  readonly answer?: (request: IpmiMessage) => readonly number[] | undefined;
  /** 16 bytes, for random numbers and initialization vectors. */
  readonly random16: () => Uint8Array;
}

interface OpenSession {
  readonly consoleSessionId: number;
  readonly keys: SessionKeys;
  sequence: number; // of the last packet sent
  readonly seen: Set<number>; // sequence numbers received
}

const GUID = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

/**
 * The BMC's side of IPMI 2.0 in memory: datagram in, datagrams out. A peer for the session machine
 * where OpenIPMI's simulator cannot go: cipher suite 17, K_g, faults on purpose, lost packets.
 *
 * It shares the codec with the client, so `ipmitool` is the judge of both: see the tests here.
 */
export class ScriptedBmc {
  isOn = false;
  readonly bootFlags: number[][] = [];
  readonly commands: number[][] = []; // every command run: netFn, command, data
  readonly #options: ScriptedBmcOptions;
  #nextSessionId = 0x0102_0300;
  #opening = new Map<number, { consoleSessionId: number; exchange?: RakpExchange }>();
  #open = new Map<number, OpenSession>();

  constructor(options: ScriptedBmcOptions) {
    this.#options = options;
  }

  get openSessions(): number {
    return this.#open.size;
  }

  get halfOpenSessions(): number {
    return this.#opening.size - this.#open.size;
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
      if (messageClass !== "ipmi") return [];
      const packet = decodeSessionPacket(body);
      if (packet.kind === "v15") return this.#capabilities(packet.payload);
      const answer = packet.sessionId === 0 ? this.#setup(packet) : this.#command(packet, body);
      return answer ? [encodeRmcp("ipmi", answer)] : [];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  }

  get #suite() {
    return CIPHER_SUITES[this.#options.suite ?? 3];
  }

  #end(bmcSessionId: number): void {
    this.#open.delete(bmcSessionId);
    this.#opening.delete(bmcSessionId);
  }

  #capabilities(payload: Uint8Array): Uint8Array[] {
    const request = decodeIpmiMessage(payload);
    if (request.command !== 0x38) return [];
    const login = 0x04 | (this.#options.kg === undefined ? 0 : 0x20);
    const versions = this.#options.supportsIpmi2 === false ? 0x01 : 0x03;
    const body = [0x00, 0x01, 0x80, login, versions, 0, 0, 0, 0];
    return [encodeRmcp("ipmi", encodeV15(reply(request, body)))];
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
    if (algorithms.authentication !== this.#suite.authentication) {
      return encodeOpenSessionResponse({ kind: "refused", tag, status: 0x11 });
    }
    const bmcSessionId = this.#nextSessionId++;
    this.#opening.set(bmcSessionId, { consoleSessionId });
    const kind = "accepted";
    return encodeOpenSessionResponse({ kind, tag, consoleSessionId, bmcSessionId, algorithms });
  }

  #rakp2(message: Rakp1): Uint8Array {
    const { tag, bmcSessionId } = message;
    const opening = this.#opening.get(bmcSessionId);
    if (!opening) return encodeRakp2({ kind: "refused", tag, status: 0x02 });
    const username = new TextDecoder().decode(message.username);
    if (username !== (this.#options.username ?? "admin")) {
      return encodeRakp2({ kind: "refused", tag, status: 0x0d });
    }
    const { consoleSessionId } = opening;
    const known = this.#options.isForgetful ? undefined : opening.exchange?.bmcRandom;
    const exchange: RakpExchange = {
      ...message,
      suite: this.#suite,
      userKey: new TextEncoder().encode(this.#options.password ?? "secret123"),
      bmcKey: this.#options.kg === undefined
        ? undefined
        : new TextEncoder().encode(this.#options.kg),
      consoleSessionId,
      bmcRandom: known ?? this.#options.random16(),
      bmcGuid: GUID,
    };
    this.#opening.set(bmcSessionId, { consoleSessionId, exchange });
    const { bmcRandom, bmcGuid } = exchange;
    const authCode = rakp2AuthCode(exchange);
    const kind = "accepted";
    return encodeRakp2({ kind, tag, consoleSessionId, bmcRandom, bmcGuid, authCode });
  }

  #rakp4(payload: Uint8Array): Uint8Array | undefined {
    const { tag, status, bmcSessionId, authCode } = decodeRakp3(payload);
    const exchange = this.#opening.get(bmcSessionId)?.exchange;
    if (status !== 0) this.#opening.delete(bmcSessionId);
    if (!exchange || status !== 0) return undefined;
    const answer = (message: Parameters<typeof encodeRakp4>[0]) =>
      encodeSetup(PAYLOAD.rakp4, encodeRakp4(message));
    if (!sameBytes(authCode, rakp3AuthCode(exchange))) {
      return answer({ kind: "refused", tag, status: 0x0f });
    }
    const { consoleSessionId } = exchange;
    if (!this.#open.has(bmcSessionId)) {
      const keys = sessionKeys(exchange);
      this.#open.set(bmcSessionId, { consoleSessionId, keys, sequence: 0, seen: new Set() });
    }
    const checkValue = rakp4CheckValue(exchange);
    return answer({ kind: "accepted", tag, consoleSessionId, checkValue });
  }

  #command(packet: RmcpPlusPacket, body: Uint8Array): Uint8Array | undefined {
    const session = this.#open.get(packet.sessionId);
    if (!session) return undefined;
    const opened = openPacket(body, packet, session.keys);
    if (opened.kind === "refused") return undefined;
    if (packet.sequence === 0 || session.seen.has(packet.sequence)) return undefined; // a replay
    session.seen.add(packet.sequence);
    const request = decodeIpmiMessage(opened.payload);
    const payload = reply(request, this.#options.answer?.(request) ?? this.#run(request));
    session.sequence++;
    const { consoleSessionId, sequence } = session;
    const head = { payloadType: PAYLOAD.ipmi, sessionId: consoleSessionId, sequence, payload };
    return sealPacket(head, session.keys, this.#options.random16());
  }

  /** Completion code and data of a command. */
  #run({ netFn, command, body }: IpmiMessage): readonly number[] {
    this.commands.push([netFn, command, ...body]);
    switch (netFn << 8 | command) {
      case 0x063b: { // set session privilege level
        const wanted = body[0] ?? 0;
        return wanted > (this.#options.privilegeLimit ?? 4) ? [0x81] : [0x00, wanted];
      }
      case 0x063c: // close session
        this.#end(new DataView(body.slice().buffer).getUint32(0, true));
        return [0x00];
      case 0x0601: // get device id
        return [0, 0x20, 0x01, 0x02, 0x03, 0x02, 0xbf, 0x91, 0x12, 0x00, 0x02, 0x0f];
      case 0x0001: // get chassis status
        return [0x00, this.isOn ? 0x01 : 0x00, 0x00, 0x00];
      case 0x0002: // chassis control
        this.isOn = [1, 2, 3].includes(body[0] ?? 0);
        return [0x00];
      case 0x0008: // set system boot options
        if (body[0] !== 5) return [0x80];
        this.bootFlags.push([...body.subarray(1)]);
        return [0x00];
      default:
        return [0xc1];
    }
  }
}

function reply(request: IpmiMessage, body: readonly number[]): Uint8Array {
  const { to, from, netFn } = request;
  const body8 = Uint8Array.from(body);
  return encodeIpmiMessage({ ...request, to: from, from: to, netFn: netFn + 1, body: body8 });
}
