import { parseIpAddress } from "@/shared/net/ip_address.ts";
import { parseNetwork } from "@/shared/net/ip_network.ts";

/** What is wrong with an address as far as it is typed; empty is nothing wrong. */
export function addressFault(text: string): string | undefined {
  return faultOf(text, parseIpAddress);
}

/** The same of a list with commas: the first that is wrong. */
export function addressesFault(text: string): string | undefined {
  return splitList(text).map(addressFault).find((each) => each !== undefined);
}

export function networkFault(text: string): string | undefined {
  return faultOf(text, parseNetwork);
}

export function splitList(text: string): string[] {
  return text.split(/[,\s]+/).filter(Boolean);
}

function faultOf(text: string, parse: (text: string) => unknown): string | undefined {
  const typed = text.trim();
  if (typed === "") return undefined;
  try {
    parse(typed);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
