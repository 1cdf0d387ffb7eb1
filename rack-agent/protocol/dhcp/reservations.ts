import { type Cidr, cidrContains } from "@/shared/net/cidr.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";

/** A promised address, inside a dynamic range or outside. */
export interface Reservation {
  readonly mac: MacAddress;
  /** Option 61 in lower-case hex. When present the promise is to whoever sends it, from any MAC. */
  readonly clientId?: string;
  readonly ipv4: Ipv4;
  readonly hostname?: string;
}

/** Whom a promise may be to: the sender of a request. */
export interface Client {
  readonly mac: MacAddress;
  /** Option 61, as bytes. */
  readonly clientId?: Uint8Array;
}

/** A site's reservations, found by machine and by address, and changed one at a time. */
export class ReservationTable {
  readonly #byAddress = new Map<Ipv4, Reservation>();
  readonly #byMac = new Map<MacAddress, Reservation[]>();
  readonly #byClientId = new Map<string, Reservation[]>();

  constructor(reservations: readonly Reservation[] = []) {
    for (const reservation of reservations) this.put(reservation);
  }

  /** Takes the place of the promise of the same address, if there is one. */
  put(reservation: Reservation): void {
    this.remove(reservation.ipv4);
    this.#byAddress.set(reservation.ipv4, reservation);
    const { mac, clientId } = reservation;
    if (clientId === undefined) append(this.#byMac, mac, reservation);
    else append(this.#byClientId, clientId, reservation);
  }

  remove(ipv4: Ipv4): void {
    const reservation = this.#byAddress.get(ipv4);
    if (!reservation) return;
    this.#byAddress.delete(ipv4);
    const { mac, clientId } = reservation;
    if (clientId === undefined) takeOut(this.#byMac, mac, reservation);
    else takeOut(this.#byClientId, clientId, reservation);
  }

  /** What is promised to a client in a network; its identifier counts before its MAC. */
  in(cidr: Cidr, { mac, clientId }: Client): Reservation | undefined {
    if (this.#byAddress.size === 0) return undefined;
    const isThere = ({ ipv4 }: Reservation) => cidrContains(cidr, ipv4);
    const byId = this.#byClientId.size > 0 && clientId
      ? this.#byClientId.get(hexOf(clientId))?.find(isThere)
      : undefined;
    return byId ?? this.#byMac.get(mac)?.find(isThere);
  }

  of(ipv4: Ipv4): Reservation | undefined {
    return this.#byAddress.get(ipv4);
  }

  has(ipv4: Ipv4): boolean {
    return this.#byAddress.has(ipv4);
  }

  addresses(): IterableIterator<Ipv4> {
    return this.#byAddress.keys();
  }
}

function append<K>(map: Map<K, Reservation[]>, key: K, reservation: Reservation): void {
  const others = map.get(key);
  if (others) others.push(reservation);
  else map.set(key, [reservation]);
}

function takeOut<K>(map: Map<K, Reservation[]>, key: K, reservation: Reservation): void {
  const left = (map.get(key) ?? []).filter((other) => other !== reservation);
  if (left.length > 0) map.set(key, left);
  else map.delete(key);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
