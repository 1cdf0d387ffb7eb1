import { MESSAGE_TYPE, NO_ADDRESS } from "@/rack-agent/wire/dhcp/packet.ts";
import { type Ipv4, ipv4ToNumber } from "@/shared/net/ipv4.ts";
import type { MacAddress } from "@/shared/net/mac_address.ts";
import type { SilenceReason } from "./answer.ts";
import type { LeaseBook } from "./lease_book.ts";
import type { DhcpSite, DhcpSubnet } from "./site.ts";

/** What was decided about a machine's last packet. */
export interface Decision {
  readonly mac: MacAddress;
  readonly atMs: number;
  /** Option 53 of the request; 0 for none. */
  readonly asked: number;
  readonly interfaceName: string;
  readonly relayAddress: Ipv4;
  readonly outcome:
    | {
      readonly kind: "reply";
      readonly messageType: number;
      readonly ipv4: Ipv4;
      /** Why a NAK. */
      readonly message?: string;
      /** What it was told to boot. */
      readonly program?: string;
    }
    | { readonly kind: "silence"; readonly reason: SilenceReason; readonly about?: string };
}

/** Machines remembered, half of them at least since their last packet. */
const MACHINES_MAX = 32_768;

/** The last decision about each machine, in bounded memory: two generations, of which one goes. */
export class LastDecisions {
  #young = new Map<MacAddress, Decision>();
  #old = new Map<MacAddress, Decision>();

  note(decision: Decision): void {
    if (this.#young.size >= MACHINES_MAX / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(decision.mac, decision);
  }

  of(mac: MacAddress): Decision | undefined {
    return this.#young.get(mac) ?? this.#old.get(mac);
  }
}

/** The last decision about a machine in one sentence, with the figures as they are now. */
export function explain({ mac, nowMs, site, book, decisions }: {
  readonly mac: MacAddress;
  readonly nowMs: number;
  readonly site: DhcpSite;
  readonly book: LeaseBook;
  readonly decisions: LastDecisions;
}): string {
  const decision = decisions.of(mac);
  if (!decision) return `nothing was heard of ${mac} since this agent started`;
  const { outcome, relayAddress, interfaceName } = decision;
  const where = relayAddress === NO_ADDRESS ? `on ${interfaceName}` : `by relay ${relayAddress}`;
  const ago = `${Math.max(0, Math.round((nowMs - decision.atMs) / 1_000))} s ago`;
  const asked = `${NAMES[decision.asked] ?? "a message of no DHCP type"} ${where}, ${ago}`;
  if (outcome.kind === "silence") {
    return `no reply: ${reasonText(outcome, { site, book, nowMs })} (${asked})`;
  }
  const { ipv4, message, program } = outcome;
  const reply = NAMES[outcome.messageType] ?? "a reply";
  const address = ipv4 === NO_ADDRESS ? "" : ` of ${ipv4}`;
  const why = message === undefined ? "" : `: ${message}`;
  const boot = program === undefined ? "" : `, to boot ${program}`;
  return `${reply}${address}${boot}${why} (${asked})`;
}

const NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(MESSAGE_TYPE).map(([name, type]) => [type, name.toUpperCase()]),
);

function reasonText(
  { reason, about = "" }: { readonly reason: SilenceReason; readonly about?: string },
  now: { readonly site: DhcpSite; readonly book: LeaseBook; readonly nowMs: number },
): string {
  switch (reason) {
    case "dhcp.no_free_address":
      return fullText(about, now);
    case "dhcp.too_many_newcomers":
      return `too many unknown machines have appeared at ${about}`;
    case "dhcp.another_server_chosen":
      return `it took the offer of another server, ${about}`;
    case "dhcp.unknown_client":
      return `it wants to go on with ${about}, of which this agent knows nothing`;
    case "dhcp.not_the_owner":
      return `${about} is not its address to give up`;
    default:
      return REASONS[reason];
  }
}

const REASONS = {
  "dhcp.not_a_request": "it is a reply, as only servers send",
  "dhcp.not_dhcp": "it is no message that a DHCP client sends",
  "dhcp.hardware_address_invalid": "its hardware address cannot be a machine's",
  "dhcp.no_subnet": "no network of this site is served there",
  "dhcp.address_missing": "the message must name an address and does not",
  "dhcp.another_server_gives": "addresses there are given by another server",
  "dhcp.not_booting": "addresses there are given by another server, and it does not ask to boot",
  "dhcp.released": "it gave its address back, which is not answered",
  "dhcp.declined": "it found its address in use by somebody else, which is not answered",
} as const;

/** `about` names the subnets that were looked at. */
function fullText(
  about: string,
  { site, book, nowMs }: {
    readonly site: DhcpSite;
    readonly book: LeaseBook;
    readonly nowMs: number;
  },
): string {
  const texts = site.subnets
    .filter(({ cidr }) => about.split(", ").includes(`${cidr.network}/${cidr.prefixBits}`))
    .map((subnet) => usageText(subnet, book.usedIn(subnet.id, nowMs)));
  return texts.length > 0 ? texts.join("; ") : `${about} has no address to give`;
}

function usageText({ ranges, interfaceName, cidr }: DhcpSubnet, used: number): string {
  const network = `${cidr.network}/${cidr.prefixBits}`;
  if (ranges.length === 0) return `${network} has no dynamic range, and nothing is promised to it`;
  const names = ranges.map(({ first, last }) => `${first}-${last}`).join(", ");
  const size = ranges.reduce(
    (sum, { first, last }) => sum + ipv4ToNumber(last) - ipv4ToNumber(first) + 1,
    0,
  );
  return `range ${names} of ${network} on ${interfaceName} is full (${
    Math.min(used, size)
  }/${size})`;
}
