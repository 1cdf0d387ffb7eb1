import { ByteWriter } from "@/rack-agent/wire/byte_writer.ts";
import { CIPHER_SUITES, type CipherSuiteId } from "@/rack-agent/wire/ipmi/cipher_suites.ts";
import { EVENT_RECORDS, READINGS, SENSOR_RECORDS } from "./ipmi_records.ts";

export interface BmcUser {
  name: string;
  password: Uint8Array;
  isEnabled: boolean;
  mayUseIpmi: boolean;
  privilege: number;
}

const USERS_MAX = 6;
const NO_PRIVILEGE = 0x0f;
const [USER, OPERATOR, ADMINISTRATOR] = [2, 3, 4];
const DONE = 0x00;
const UNKNOWN_COMMAND = 0xc1;
const WRONG_LENGTH = 0xc7;
const NOT_THERE = 0xcb;
const INVALID_FIELD = 0xcc;
const PRIVILEGE_TOO_LOW = 0xd4;
const LAN_CHANNEL = 1;
const LAST = 0xffff;

type Run = (machine: IpmiMachine, body: Uint8Array) => readonly number[];

/** The machine behind a BMC and what its commands do to it: completion code first, then data. */
export class IpmiMachine {
  isOn = false;
  /** Every set of boot flags that was set, oldest first. */
  readonly bootFlags: number[][] = [];
  /** The seconds of the last request to light the lamp; 255 for "until told otherwise". */
  identifySeconds = 0;
  readonly users = new Map<number, BmcUser>();
  readonly lan = new Map<number, readonly number[]>([
    [0, [0]],
    [3, [192, 0, 2, 7]],
    [4, [1]], // static
    [5, [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]],
    [6, [255, 255, 255, 0]],
    [12, [192, 0, 2, 1]],
    [20, [0, 0]],
  ]);
  readonly suites: readonly CipherSuiteId[];
  #events: readonly Uint8Array[] = EVENT_RECORDS;
  #bootInfo: readonly number[] = [0, 0];

  constructor(suites: readonly CipherSuiteId[]) {
    this.suites = suites;
  }

  userNamed(name: string): BmcUser | undefined {
    return [...this.users.values()].find((user) => user.name === name && user.isEnabled);
  }

  /** Completion code and data of a command at a privilege. */
  run(netFn: number, command: number, body: Uint8Array, privilege: number): readonly number[] {
    const known = COMMANDS[netFn << 8 | command];
    if (!known) return [UNKNOWN_COMMAND];
    if (privilege < known.needs) return [PRIVILEGE_TOO_LOW];
    if (body.length < known.bytes) return [WRONG_LENGTH];
    return known.run(this, body);
  }

  setBootOption(body: Uint8Array): readonly number[] {
    const [parameter, ...data] = body;
    if (parameter === 5 && data.length === 5) this.bootFlags.push(data);
    else if (parameter === 4 && data.length === 2) this.#bootInfo = data;
    else if (parameter !== 0) return [0x80];
    return [DONE];
  }

  bootOption(parameter: number): readonly number[] {
    if (parameter === 5) return [DONE, 1, 5, ...this.bootFlags.at(-1) ?? [0, 0, 0, 0, 0]];
    if (parameter === 4) return [DONE, 1, 4, ...this.#bootInfo];
    return parameter === 0 ? [DONE, 1, 0, 0] : [0x80];
  }

  eventCount(): number {
    return this.#events.length;
  }

  clearEvents(): void {
    this.#events = [];
  }

  event(recordId: number): readonly number[] {
    const last = this.#events.length - 1;
    const index = recordId === 0 ? 0 : recordId === LAST ? last : recordId - 1;
    const found = this.#events[index];
    return found ? [DONE, ...u16(index === last ? LAST : index + 2), ...found] : [NOT_THERE];
  }
}

/** By network function and command; `bytes` is the shortest request. */
const COMMANDS: Readonly<Record<number, { needs: number; bytes: number; run: Run }>> = {
  0x0001: { needs: USER, bytes: 0, run: (of) => [DONE, of.isOn ? 0x21 : 0x20, 0, 0x40] },
  0x0002: {
    needs: OPERATOR,
    bytes: 1,
    run(of, [control = 0]) {
      if (![0, 1, 2, 3, 5].includes(control)) return [INVALID_FIELD];
      if (control === 2 && !of.isOn) return [0xd5]; // a cycle does not switch on, §28.3
      of.isOn = [1, 2, 3].includes(control);
      return [DONE];
    },
  },
  0x0004: {
    needs: OPERATOR,
    bytes: 0,
    run(of, [seconds = 15, forever = 0]) {
      of.identifySeconds = forever === 0 ? seconds : 255;
      return [DONE];
    },
  },
  0x0008: { needs: OPERATOR, bytes: 1, run: (of, body) => of.setBootOption(body) },
  0x0009: { needs: OPERATOR, bytes: 3, run: (of, [parameter = 0]) => of.bootOption(parameter) },
  0x042d: {
    needs: USER,
    bytes: 1,
    run(_, [sensor = 0]) {
      const reading = READINGS[sensor];
      if (reading === undefined) return [NOT_THERE];
      return sensor === 5 ? [DONE, 0, 0xc0, reading, 0] : [DONE, reading, 0xc0, 0xc0];
    },
  },
  0x0427: { // get sensor thresholds
    needs: USER,
    bytes: 1,
    run: (_, [sensor = 0]) => sensor < 5 ? [DONE, 0x3f, 12, 8, 5, 85, 90, 95] : [INVALID_FIELD],
  },
  0x0601: {
    needs: USER,
    bytes: 0,
    run: () => [DONE, 0x20, 0x01, 0x02, 0x03, 0x02, 0xbf, 0x91, 0x12, 0x00, 0x02, 0x0f],
  },
  0x0637: { needs: USER, bytes: 0, run: () => [DONE, ...new Uint8Array(16).fill(0xa0)] }, // GUID
  0x0641: { needs: USER, bytes: 2, run: () => [DONE, 0x02, 0x04] }, // channel access: always
  0x0642: { // channel info: LAN, IPMB protocol, session-based
    needs: USER,
    bytes: 1,
    run: () => [DONE, LAN_CHANNEL, 0x04, 0x01, 0x80, 0xf2, 0x1b, 0, 0, 0],
  },
  0x0643: {
    needs: ADMINISTRATOR,
    bytes: 3,
    run(of, [flags = 0, id = 0, privilege = 0]) {
      return changeUser(of, id, (user) => {
        if ((flags & 0x80) !== 0) user.mayUseIpmi = (flags & 0x10) !== 0;
        user.privilege = privilege & 0x0f;
      });
    },
  },
  0x0644: {
    needs: OPERATOR,
    bytes: 2,
    run(of, [, id = 0]) {
      if (id < 1 || id > USERS_MAX) return [INVALID_FIELD];
      const user = of.users.get(id);
      const enabled = [...of.users.values()].filter(({ isEnabled }) => isEnabled).length;
      const state = (user?.isEnabled ?? false) ? 0x40 : 0x80;
      const access = (user?.mayUseIpmi ?? false ? 0x10 : 0) | (user?.privilege ?? NO_PRIVILEGE);
      return [DONE, USERS_MAX, state | enabled, 0, access];
    },
  },
  0x0645: {
    needs: ADMINISTRATOR,
    bytes: 17,
    run: (of, body) =>
      changeUser(of, body[0] ?? 0, (user) => {
        user.name = text(body.subarray(1, 17));
      }),
  },
  0x0646: {
    needs: OPERATOR,
    bytes: 1,
    run(of, [id = 0]) {
      if (id < 1 || id > USERS_MAX) return [INVALID_FIELD];
      const name = new Uint8Array(16);
      name.set(new TextEncoder().encode(of.users.get(id)?.name ?? ""));
      return [DONE, ...name];
    },
  },
  0x0647: {
    needs: ADMINISTRATOR,
    bytes: 2,
    run(of, body) {
      const [id = 0, operation = 0] = body;
      const password = body.subarray(2, (id & 0x80) === 0 ? 18 : 22);
      const trimmed = password.subarray(0, password.findLastIndex((octet) => octet !== 0) + 1);
      const known = of.users.get(id & 0x3f);
      if (operation === 3) return [known && same(known.password, trimmed) ? DONE : 0x80];
      return changeUser(of, id & 0x3f, (user) => {
        if (operation < 2) user.isEnabled = operation === 1;
        else user.password = trimmed.slice();
      });
    },
  },
  0x0654: { // channel cipher suites: sixteen bytes of the list at a time, §22.15
    needs: 0,
    bytes: 3,
    run(of, [, , index = 0]) {
      const records = of.suites.flatMap((id) => {
        const { authentication, integrity, confidentiality } = CIPHER_SUITES[id];
        return [0xc0, id, authentication, 0x40 | integrity, 0x80 | confidentiality];
      });
      const start = (index & 0x3f) * 16;
      return [DONE, LAN_CHANNEL, ...records.slice(start, start + 16)];
    },
  },
  0x0a20: {
    needs: USER,
    bytes: 0,
    run: () => [DONE, 0x51, ...u16(SENSOR_RECORDS.length), 0xff, 0xff, ...new Uint8Array(8), 0x02],
  },
  0x0a22: { needs: USER, bytes: 0, run: () => [DONE, 0x01, 0x00] }, // reserve
  0x0a23: {
    needs: USER,
    bytes: 6,
    run(_, [, , low = 0, high = 0, offset = 0, length = 0]) {
      const id = low | high << 8;
      const index = id === 0 ? 0 : id - 1;
      const found = SENSOR_RECORDS[index];
      if (!found) return [NOT_THERE];
      if (length > 32 && length !== 0xff) return [0xca]; // as real ones: asks for smaller parts
      const next = index + 1 === SENSOR_RECORDS.length ? LAST : index + 2;
      const part = found.subarray(offset, length === 0xff ? undefined : offset + length);
      return [DONE, ...u16(next), ...part];
    },
  },
  0x0a40: {
    needs: USER,
    bytes: 0,
    run: (of) => [DONE, 0x51, ...u16(of.eventCount()), 0x00, 0x10, ...new Uint8Array(8), 0x02],
  },
  0x0a42: { needs: USER, bytes: 0, run: () => [DONE, 0x01, 0x00] }, // reserve
  0x0a43: {
    needs: USER,
    bytes: 6,
    run: (of, [, , low = 0, high = 0]) => of.event(low | high << 8),
  },
  0x0a47: {
    needs: OPERATOR,
    bytes: 6,
    run(of) {
      of.clearEvents();
      return [DONE, 0x01];
    },
  },
  0x0c01: {
    needs: ADMINISTRATOR,
    bytes: 3,
    run(of, [, parameter = 0, ...data]) {
      if (!of.lan.has(parameter)) return [0x80];
      of.lan.set(parameter, data);
      return [DONE];
    },
  },
  0x0c02: {
    needs: OPERATOR,
    bytes: 4,
    run(of, [, parameter = 0]) {
      const data = of.lan.get(parameter);
      return data ? [DONE, 0x11, ...data] : [0x80];
    },
  },
};

function changeUser(of: IpmiMachine, id: number, change: (user: BmcUser) => void) {
  if (id < 1 || id > USERS_MAX) return [INVALID_FIELD];
  const user = of.users.get(id) ?? {
    name: "",
    password: new Uint8Array(0),
    isEnabled: false,
    mayUseIpmi: false,
    privilege: NO_PRIVILEGE,
  };
  of.users.set(id, user);
  change(user);
  return [DONE];
}

function u16(value: number): Uint8Array {
  return new ByteWriter().u16LE(value).finish();
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, i) => octet === right[i]);
}
