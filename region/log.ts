/** One line of the log: JSON with the time first, so that lines sort and `jq` reads them. */
export function formatLogLine(
  at: Date,
  event: string,
  fields: Record<string, unknown> = {},
): string {
  const { at: _at, event: _event, ...rest } = fields; // those are the line's own
  return JSON.stringify({ at: at.toISOString(), event, ...rest });
}
