import type { Lease } from "@/rack-agent/protocol/dhcp/lease.ts";
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import { formatMacAddress, type MacAddress, macAddressBytes } from "@/shared/net/mac_address.ts";

/** Leases as they go from one thread to another: one place in each column for a lease. */
export interface PackedLeases {
  readonly ipv4: Uint32Array;
  /** The six bytes as a number, which a double holds exactly. */
  readonly mac: Float64Array;
  readonly subnetId: Float64Array;
  readonly atMs: Float64Array;
  readonly expiresAtMs: Float64Array;
  readonly hostname: readonly (string | undefined)[];
}

const FIRST_ROOM = 64;

/**
 * Leases in columns instead of an object each: a large site's take a tenth of the memory, and a
 * message with all of them hardly any time.
 */
export class LeaseColumns {
  #ipv4: Uint32Array;
  #mac: Float64Array;
  #subnetId: Float64Array;
  #atMs: Float64Array;
  #expiresAtMs: Float64Array;
  #hostname: (string | undefined)[] = [];

  /** With room for so many leases; it grows when there are more. */
  constructor(room = FIRST_ROOM) {
    this.#ipv4 = new Uint32Array(room);
    this.#mac = new Float64Array(room);
    this.#subnetId = new Float64Array(room);
    this.#atMs = new Float64Array(room);
    this.#expiresAtMs = new Float64Array(room);
  }

  /** Takes over a message's columns. */
  static of({ ipv4, mac, subnetId, atMs, expiresAtMs, hostname }: PackedLeases): LeaseColumns {
    const columns = new LeaseColumns(0);
    columns.#ipv4 = ipv4;
    columns.#mac = mac;
    columns.#subnetId = subnetId;
    columns.#atMs = atMs;
    columns.#expiresAtMs = expiresAtMs;
    columns.#hostname = [...hostname];
    return columns;
  }

  /** Places up to the last that was written. */
  get length(): number {
    return this.#hostname.length;
  }

  write(place: number, { ipv4, mac, subnetId, atMs, expiresAtMs, hostname }: Lease): void {
    if (place >= this.#ipv4.length) this.#grow(Math.max(FIRST_ROOM, 2 * place));
    this.#ipv4[place] = ipv4ToNumber(ipv4);
    this.#mac[place] = macToNumber(mac);
    this.#subnetId[place] = subnetId;
    this.#atMs[place] = atMs;
    this.#expiresAtMs[place] = expiresAtMs;
    this.#hostname[place] = hostname;
  }

  /** Marks a place as nobody's, for those who go through all. */
  clear(place: number): void {
    this.#expiresAtMs[place] = 0;
    this.#hostname[place] = undefined;
  }

  read(place: number): Lease {
    return {
      mac: macFromNumber(this.macAt(place)),
      ipv4: this.ipv4At(place),
      subnetId: this.subnetIdAt(place),
      atMs: this.#atMs[place] ?? 0,
      expiresAtMs: this.expiresAtMsAt(place),
      hostname: this.#hostname[place],
    };
  }

  ipv4At(place: number): Ipv4 {
    return ipv4FromNumber(this.addressAt(place));
  }

  /** The same as a number. */
  addressAt(place: number): number {
    return this.#ipv4[place] ?? 0;
  }

  /** As `macToNumber` makes it. */
  macAt(place: number): number {
    return this.#mac[place] ?? 0;
  }

  subnetIdAt(place: number): number {
    return this.#subnetId[place] ?? 0;
  }

  /** 0 for a place that is nobody's. */
  expiresAtMsAt(place: number): number {
    return this.#expiresAtMs[place] ?? 0;
  }

  /** For a message, which may take the columns themselves over: nothing is written after this. */
  pack(): PackedLeases {
    return {
      ipv4: this.#ipv4,
      mac: this.#mac,
      subnetId: this.#subnetId,
      atMs: this.#atMs,
      expiresAtMs: this.#expiresAtMs,
      hostname: this.#hostname,
    };
  }

  #grow(room: number): void {
    const larger = <T extends Uint32Array | Float64Array>(column: T, grown: T): T => {
      grown.set(column);
      return grown;
    };
    this.#ipv4 = larger(this.#ipv4, new Uint32Array(room));
    this.#mac = larger(this.#mac, new Float64Array(room));
    this.#subnetId = larger(this.#subnetId, new Float64Array(room));
    this.#atMs = larger(this.#atMs, new Float64Array(room));
    this.#expiresAtMs = larger(this.#expiresAtMs, new Float64Array(room));
  }
}

/** What a message hands over instead of copying it. */
export function buffersOf(
  { ipv4, mac, subnetId, atMs, expiresAtMs }: PackedLeases,
): Transferable[] {
  // They were made here, over memory of their own.
  return [ipv4, mac, subnetId, atMs, expiresAtMs].map(({ buffer }) => buffer as ArrayBuffer);
}

export function macToNumber(mac: MacAddress): number {
  return macAddressBytes(mac).reduce((sum, byte) => sum * 256 + byte, 0);
}

function macFromNumber(value: number): MacAddress {
  const high = Math.floor(value / 0x1_0000_0000);
  const bytes = [high >>> 8, high, value >>> 24, value >>> 16, value >>> 8, value];
  return formatMacAddress(Uint8Array.from(bytes, (byte) => byte & 0xff));
}
