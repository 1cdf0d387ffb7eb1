import { redfishFault } from "./faults.ts";
import { textIn } from "./json.ts";
import type { Conversation } from "./message.ts";
import { read, serviceRoot, type Talk } from "./talk.ts";

/** Where the BMC streams its events (DSP0266 §13.5); `bmc.not_offered` when it does not. */
export function* findEventStream(talk: Talk): Conversation<string> {
  const { eventService } = yield* serviceRoot(talk);
  const body = eventService ? yield* read(talk, eventService, "describe its events") : undefined;
  const path = textIn(body, "ServerSentEventUri");
  if (path?.startsWith("/") && body?.["ServiceEnabled"] !== false) return path;
  throw redfishFault(
    talk.login,
    "bmc.not_offered",
    "streams no events; it is asked from time to time",
  );
}

const LINE_CHARS_MAX = 1024 * 1024;

/** The text after the last whole line, and how many events with data ended before it. */
export interface EventCount {
  readonly rest: string;
  readonly hasData: boolean;
  readonly events: number;
}

export const NO_EVENTS: EventCount = { rest: "", hasData: false, events: 0 };

/**
 * Counts server-sent events (HTML §9.2.6) in what has come since `before`.
 *
 * Only that something happened matters: the machine is then looked at, for BMCs differ in what they
 * put into an event. A line beyond 1 MiB is cut, and counts all the same.
 */
export function countEvents(before: EventCount, chunk: string): EventCount {
  const lines = (before.rest + chunk).split(/\r\n|\n|\r(?!$)/);
  const rest = (lines.pop() ?? "").slice(0, LINE_CHARS_MAX);
  let { hasData } = before;
  let events = 0;
  for (const line of lines) {
    if (line === "") {
      events += hasData ? 1 : 0;
      hasData = false;
    } else if (line.startsWith("data:")) {
      hasData = true;
    }
  }
  return { rest, hasData, events };
}
