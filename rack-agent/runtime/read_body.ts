import { DomainError } from "@/shared/errors/domain_error.ts";

/** The whole body of a request, refused with `body.too_large` past `maxBytes`. */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new DomainError({
        kind: "invalid_input",
        code: "body.too_large",
        message: `the body has more than the ${maxBytes} bytes that are accepted here`,
      });
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
