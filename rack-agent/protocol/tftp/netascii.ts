const LF = 0x0a;
const CR = 0x0d;

/** A file as netascii, RFC 764 as RFC 1350 §1 uses it: LF becomes CR LF, CR becomes CR NUL. */
export function toNetascii(file: Uint8Array): Uint8Array {
  const extraBytes = file.reduce((sum, byte) => sum + Number(byte === LF || byte === CR), 0);
  const out = new Uint8Array(file.length + extraBytes);
  let at = 0;
  for (const byte of file) {
    if (byte === LF) out[at++] = CR;
    out[at++] = byte;
    if (byte === CR) out[at++] = 0;
  }
  return out;
}
