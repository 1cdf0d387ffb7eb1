/**
 * IPMI cipher suites (IPMI v2.0 table 22-20) that a BMC can be spoken to with; those by RC4, 4, 5, 9,
 * 10, 13 and 14, are left out.
 */
export const CIPHER_SUITES: readonly number[] = [0, 1, 2, 3, 6, 7, 8, 11, 12, 15, 16, 17];
