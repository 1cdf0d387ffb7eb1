/** Wrong guesses of one name from one address that cost nothing: people mistype. */
export const FREE_FAILURES_PER_NAME = 5;
/** Of any names from one address: many people may sit behind it. */
export const FREE_FAILURES_PER_ADDRESS = 30;
/** A quarter of an hour: 96 guesses a day, and nobody is kept out for good. */
const DELAY_SECONDS_MAX = 900;

/** How long the next attempt must wait after `failures` wrong ones: nothing, then 1, 2, 4... seconds. */
export function delaySecondsAfter(failures: number, freeFailures: number): number {
  if (failures < freeFailures) return 0;
  return Math.min(2 ** (failures - freeFailures), DELAY_SECONDS_MAX);
}

/**
 * The address that is counted: IPv6 by its /64, for whoever has one address there has all 2^64,
 * RFC 4291 §2.5.4.
 */
export function countedAddress(address: string): string {
  if (!address.includes(":") || /^::ffff:\d+\./i.test(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(8 - before.length - after.length, 0);
  const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
