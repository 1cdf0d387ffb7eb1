const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ["y", 31_536_000],
  ["mo", 2_592_000],
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

/** "just now", "40 s ago", "3 h ago"; `isBare`: without "ago". The future is "in 3 h". */
export function formatAge(atMs: number, nowMs: number, isBare = false): string {
  const seconds = Math.round((nowMs - atMs) / 1000);
  if (Math.abs(seconds) < 5) return isBare ? "0 s" : "just now";
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["s", 1];
  const text = `${Math.floor(Math.abs(seconds) / size)} ${unit}`;
  if (isBare) return text;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** "0.4 s", "12 s", "3:05", "1:02:09". */
export function formatDuration(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  const rest = `${hours > 0 ? two(minutes) : minutes}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** In the reader's time zone, to the second, and the zone with it. */
export function formatMoment(at: string | number): string {
  return new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "long",
  }).format(new Date(at));
}

/** As on disks and wires: powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : round(value)} ${units[unit]}`;
}

/** Memory is sold in powers of 1024. */
export function formatMemory(mib: number): string {
  if (mib === 0) return "–";
  if (mib < 1024) return `${mib} MiB`;
  return mib < 1024 ** 2 ? `${round(mib / 1024)} GiB` : `${round(mib / 1024 ** 2)} TiB`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function formatCount(count: number): string {
  return count.toLocaleString("en-GB").replaceAll(",", " "); // a narrow space between thousands
}

/** "1 machine", "3 machines". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
