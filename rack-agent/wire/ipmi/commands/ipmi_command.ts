/**
 * One IPMI command: its numbers, the bytes it asks with and the value it answers with.
 *
 * `decodeResponse` sees the bytes after completion code 0 and throws DecodeError on short ones;
 * longer ones are fine, because later versions of the specification append fields.
 */
export interface IpmiCommand<Request, Response> {
  /** In the operator's words, such as "switch the power". */
  readonly name: string;
  readonly netFn: number;
  readonly command: number;
  encodeRequest(request: Request): Uint8Array;
  decodeResponse(data: Uint8Array): Response;
  /** Completion codes 0x80..0xbe, which mean something else in every command. */
  readonly completionCodes?: Readonly<Record<number, string>>;
}

export const NET_FN_CHASSIS = 0x00; // IPMI 2.0 table 5-1
export const NET_FN_SENSOR = 0x04;
export const NET_FN_APP = 0x06;
export const NET_FN_STORAGE = 0x0a;
export const NET_FN_TRANSPORT = 0x0c;

/** The channel that a request arrives on, whatever its number, IPMI 2.0 §6.3. */
export const THIS_CHANNEL = 0x0e;

/** Privilege levels, IPMI 2.0 §6.8, as the commands carry them. */
export const PRIVILEGE = { user: 2, operator: 3, administrator: 4 } as const;
export type PrivilegeName = keyof typeof PRIVILEGE;
