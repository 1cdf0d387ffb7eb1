/** Writes one event with its fields; the event's name is stable and searchable. */
export type Log = (event: string, fields?: Record<string, unknown>) => void;

/** One JSON object a line on stderr: a service manager keeps it, a program can read it. */
export function jsonLog(nowMs: () => number): Log {
  return (event, fields = {}) => {
    console.error(JSON.stringify({ at: new Date(nowMs()).toISOString(), event, ...fields }));
  };
}

/** The text of any thrown value, with its causes, for a log line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}
