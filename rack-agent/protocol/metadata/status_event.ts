/** One event of cloud-init's reporting webhook, as far as we use it. */
export interface StatusEvent {
  readonly stage: string;
  readonly event: "start" | "finish";
  readonly result?: string;
  readonly description: string;
}

/** Reads a webhook body; undefined when it is not such an event. */
export function parseStatusEvent(body: unknown): StatusEvent | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const fields = body as Record<string, unknown>; // an object; each field is checked below
  const { name, event_type: event, result, description } = fields;
  if (typeof name !== "string" || name.length > 200) return undefined;
  if (event !== "start" && event !== "finish") return undefined;
  return {
    stage: name,
    event,
    ...(typeof result === "string" ? { result: result.slice(0, 32) } : {}),
    description: typeof description === "string" ? description.slice(0, 500) : "",
  };
}

/**
 * Whether the event ends cloud-init's work, and how.
 *
 * `modules-final` is its last stage; WARN means that it finished and had complaints.
 */
export function endOfCloudInit(event: StatusEvent): "ok" | "failed" | undefined {
  if (event.stage !== "modules-final" || event.event !== "finish") return undefined;
  return event.result === "SUCCESS" || event.result === "WARN" ? "ok" : "failed";
}
