import type { z } from "zod";

/** JSON bytes as claims; undefined when they are not what `schema` wants. */
export function parseClaims<S extends z.ZodType>(
  schema: S,
  payload: Uint8Array,
): z.infer<S> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}
