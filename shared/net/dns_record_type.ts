/** The types that a record may have: RFC 1035, 3596 (AAAA), 2782 (SRV) and 4255 (SSHFP). */
export const RECORD_TYPES = ["A", "AAAA", "CNAME", "MX", "NS", "SRV", "SSHFP", "TXT"] as const;
export type RecordType = typeof RECORD_TYPES[number];
