import { useEffect, useRef, useState } from "preact/hooks";
import { serverNowMs } from "../api/client.ts";
import { formatAge, formatDuration, formatMoment } from "./format.ts";

/** One clock for all of them, so that ages on a screen move together. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** What `read` gives now; drawn again when that changes, and only then. */
function useTick(read: () => string): string {
  const text = read();
  const latest = useRef({ read, text });
  latest.current = { read, text };
  const [, draw] = useState(0);
  useEffect(() => {
    const look = () => {
      if (latest.current.read() !== latest.current.text) draw((count) => count + 1);
    };
    listeners.add(look);
    timer ??= setInterval(() => listeners.forEach((each) => each()), 1000);
    return () => {
      listeners.delete(look);
      if (listeners.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return text;
}

/** "3 min ago", and on hover when exactly. */
export function TimeAgo({ at, isBare }: { at: string; isBare?: boolean }) {
  const text = useTick(() => formatAge(Date.parse(at), serverNowMs(), isBare));
  return <time dateTime={at} title={formatMoment(at)} class="nowrap">{text}</time>;
}

/** How long it has been going on, to the second; on hover, since when exactly. */
export function Elapsed({ since }: { since: string | number }) {
  const sinceMs = typeof since === "number" ? since : Date.parse(since);
  const text = useTick(() => formatDuration(Math.max(0, serverNowMs() - sinceMs)));
  return <span class="num nowrap" title={formatMoment(since)}>{text}</span>;
}
