import { DomainError } from "@/shared/errors/domain_error.ts";

/** How to log in to one BMC by Redfish, as an operator enters it. */
export interface RedfishLogin {
  readonly address: string; // an IPv4 address or a host name
  readonly port?: number; // TCP, 443 when absent
  readonly username: string;
  readonly password: string;
  /** SHA-256 of the certificate that the BMC must show, 64 hex digits; absent: any, told by `onCertificate`. */
  readonly certificateSha256?: string;
  /** Which of several systems behind the BMC: its `Id`; absent: the only one. */
  readonly system?: string;
}

export const HTTPS_PORT = 443;

/** Base of all requests, without a slash at the end. DomainError `bmc.address_malformed` names the field. */
export function originOf({ address, port = HTTPS_PORT }: RedfishLogin): string {
  const origin = `https://${address}${port === HTTPS_PORT ? "" : `:${port}`}`;
  const isPlain = /^[A-Za-z0-9.-]+$/.test(address) && URL.canParse(origin);
  if (isPlain) return origin;
  throw new DomainError({
    kind: "invalid_input",
    code: "bmc.address_malformed",
    field: "address",
    value: address.slice(0, 100),
    accepted: "an IPv4 address or a host name",
    message: "the BMC's address is neither an IPv4 address nor a host name",
  });
}

/** For messages: the address, and the port if unusual. */
export function whereOf({ address, port = HTTPS_PORT }: RedfishLogin): string {
  return port === HTTPS_PORT ? address : `${address} (TCP port ${port})`;
}
