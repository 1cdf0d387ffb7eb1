import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import type { Ipv4 } from "@/shared/net/ipv4.ts";
import { ipv4 } from "./option_formats.ts";

/** What a relay or switch says of where a request came from: option 82, RFC 3046. */
export interface RelayInformation {
  /** Sub-option 1, RFC 3046 §3.1: the port, as only the relay understands it. */
  readonly circuitId?: Uint8Array;
  /** Sub-option 2, RFC 3046 §3.2: usually the switch. */
  readonly remoteId?: Uint8Array;
  /** Sub-option 5, RFC 3527: an address in the client's subnet, where `giaddr` is not. */
  readonly linkSelection?: Ipv4;
  /** Sub-option 11, RFC 5107: what the client shall take for the server's address. */
  readonly serverIdOverride?: Ipv4;
}

const CIRCUIT_ID = 1;
const REMOTE_ID = 2;
const LINK_SELECTION = 5;
const SERVER_ID_OVERRIDE = 11;

/** Reads the value of option 82; sub-options that are not ours are skipped. Throws DecodeError. */
export function decodeRelayInformation(value: Uint8Array): RelayInformation {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at < value.length;) {
    const code = value[at] ?? 0;
    const end = at + 2 + (value[at + 1] ?? value.length);
    if (end > value.length) {
      throw new DecodeError(at, `sub-option ${code} of option 82 runs past it`);
    }
    found.set(code, value.subarray(at + 2, end));
    at = end;
  }
  const address = (code: number) => {
    const bytes = found.get(code);
    return bytes && ipv4.decode(bytes, bytes.byteOffset - value.byteOffset);
  };
  return {
    circuitId: found.get(CIRCUIT_ID),
    remoteId: found.get(REMOTE_ID),
    linkSelection: address(LINK_SELECTION),
    serverIdOverride: address(SERVER_ID_OVERRIDE),
  };
}
