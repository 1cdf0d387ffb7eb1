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
  #ipv4: Uint32Array = new Uint32Array(FIRST_ROOM);
  #mac: Float64Array = new Float64Array(FIRST_ROOM);
  #subnetId: Float64Array = new Float64Array(FIRST_ROOM);
  #atMs: Float64Array = new Float64Array(FIRST_ROOM);
  #expiresAtMs: Float64Array = new Float64Array(FIRST_ROOM);
  #hostname: (string | undefined)[] = [];

  /** Takes over a message's columns. */
  constructor(packed?: PackedLeases) {
    if (!packed) return;
    this.#ipv4 = packed.ipv4;
    this.#mac = packed.mac;
    this.#subnetId = packed.subnetId;
    this.#atMs = packed.atMs;
    this.#expiresAtMs = packed.expiresAtMs;
    this.#hostname = [...packed.hostname];
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
    return ipv4FromNumber(this.#ipv4[place] ?? 0);
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

  pack(): PackedLeases {
    return {
      ipv4: this.#ipv4.slice(0, this.length),
      mac: this.#mac.slice(0, this.length),
      subnetId: this.#subnetId.slice(0, this.length),
      atMs: this.#atMs.slice(0, this.length),
      expiresAtMs: this.#expiresAtMs.slice(0, this.length),
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

export function macToNumber(mac: MacAddress): number {
  return macAddressBytes(mac).reduce((sum, byte) => sum * 256 + byte, 0);
}

function macFromNumber(value: number): MacAddress {
  const high = Math.floor(value / 0x1_0000_0000);
  const bytes = [high >>> 8, high, value >>> 24, value >>> 16, value >>> 8, value];
  return formatMacAddress(Uint8Array.from(bytes, (byte) => byte & 0xff));
}
