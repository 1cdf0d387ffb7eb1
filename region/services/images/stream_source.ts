import { z } from "zod";
import { findRepeatedKey } from "@/region/domain/repeated_keys.ts";
import { resolveInside } from "@/region/domain/stream_path.ts";
import type { StreamProduct } from "@/region/domain/stream_products.ts";
import { checkDetached, openCleartext, SignatureRefused } from "@/region/tokens/openpgp.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { openSource } from "./open_source.ts";
import { sourceFault, sourceUnreachable } from "./source_faults.ts";

/** The index and product files of a SimpleStreams tree; other fields are passed over. */
const StreamIndex = z.object({
  format: z.literal("index:1.0"),
  index: z.record(
    z.string(),
    z.object({ format: z.string().optional(), datatype: z.string().optional(), path: z.string() }),
  ),
});

const Text = z.string().max(512);
const StreamProducts = z.object({
  format: z.literal("products:1.0"),
  products: z.record(
    z.string().max(256),
    z.looseObject({
      arch: Text.optional(),
      os: Text.optional(),
      release: Text.optional(),
      release_title: Text.optional(),
      title: Text.optional(),
      kernel_options: Text.optional(),
      subarch: Text.optional(),
      // Ubuntu's list every older one too.
      subarches: z.string().max(4096).optional(),
      label: Text.optional(),
      versions: z.record(
        z.string().max(64),
        z.object({
          kernel_options: Text.optional(),
          items: z.record(
            z.string(),
            z.object({
              ftype: Text,
              path: Text,
              // Trees also list items that are no files of ours, some without a hash.
              sha256: z.string().regex(/^[0-9a-f]{64}$/).optional(),
              size: z.int().nonnegative().optional(),
              kernel_options: Text.optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The index of a big mirror has some MiB. */
const JSON_BYTES_MAX = 32 * 1024 ** 2;
const SIGNATURE_BYTES_MAX = 64 * 1024;
const JSON_TIMEOUT_MS = 60_000;
const PRODUCT_FILES_MAX = 32;

/** A SimpleStreams tree, and who may have signed it. */
export interface StreamSource {
  readonly url: string;
  /** Armored certificates; null: it is taken as it comes. */
  readonly keyring: string | null;
}

/**
 * All products of a tree, every file of which that says something is signed as the source wants it.
 *
 * Throws `unavailable`, or `invalid_input` with what is wrong with the tree.
 */
export async function readStreamProducts(
  source: StreamSource,
  now: Date,
): Promise<Record<string, StreamProduct>> {
  const reader = { ...source, now };
  const index = await readIndex(reader);
  const entries = Object.values(index.index).filter(({ format, datatype }) =>
    (format ?? "products:1.0") === "products:1.0" &&
    (datatype ?? "image-downloads") === "image-downloads"
  );
  if (entries.length > PRODUCT_FILES_MAX) {
    throw malformed(`${source.url} has ${entries.length} product files, more than we read`);
  }
  const all: Record<string, StreamProduct> = {};
  for (const { path } of entries) {
    const { products } = parse(await readText(reader, path), path, StreamProducts);
    for (const [name, product] of Object.entries(products)) {
      if (Object.hasOwn(all, name)) {
        throw malformed(`${source.url} has the product ${name} in two of its files`);
      }
      all[name] = withHashedItems(product);
    }
  }
  return all;
}

interface Reader extends StreamSource {
  readonly now: Date;
}

/** Signed: the `.sjson`, or where there is none the `.json` with its `.gpg` beside it. */
async function readIndex(reader: Reader): Promise<z.infer<typeof StreamIndex>> {
  const [signed, plain] = ["streams/v1/index.sjson", "streams/v1/index.json"];
  if (reader.keyring === null) return parse(await readText(reader, plain), plain, StreamIndex);
  try {
    return parse(await readText(reader, signed), signed, StreamIndex);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return parse(await readText(reader, plain), plain, StreamIndex);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof DomainError && error.code === "image_source.file_missing";
}

/** The text of a JSON file, when whoever may have signed it. */
async function readText(reader: Reader, path: string): Promise<string> {
  const url = resolveInside(reader.url, path);
  const bytes = await readBytes(url, JSON_BYTES_MAX);
  const text = new TextDecoder().decode(bytes);
  const { keyring, now } = reader;
  if (keyring === null) return path.endsWith(".sjson") ? withoutSignature(text) : text;
  try {
    if (path.endsWith(".sjson")) return await openCleartext(text, { keyring, now });
    const signature = await readBytes(`${url}.gpg`, SIGNATURE_BYTES_MAX);
    await checkDetached({ bytes, signature }, { keyring, now });
    return text;
  } catch (error) {
    if (isMissing(error)) throw unsigned(`${url} has no signature beside it (${path}.gpg)`);
    if (error instanceof SignatureRefused) throw unsigned(`${url} is not taken: ${error.message}`);
    throw error;
  }
}

/** What stands in a signed text that nobody checks. RFC 9580 §7: lines may be dash-escaped. */
function withoutSignature(text: string): string {
  const [, body = text] = /\r?\n\r?\n([\s\S]*?)\r?\n-----BEGIN PGP SIGNATURE-----/.exec(text) ?? [];
  return body.replaceAll(/^- /gm, "");
}

type ParsedProduct = z.infer<typeof StreamProducts>["products"][string];

/** What has no hash or size cannot be verified, and so is not there. */
function withHashedItems(product: ParsedProduct): StreamProduct {
  const versions = Object.entries(product.versions).map(([name, version]) => {
    const items = Object.entries(version.items).flatMap(([key, { sha256, size, ...item }]) =>
      sha256 === undefined || size === undefined ? [] : [[key, { ...item, sha256, size }]]
    );
    return [name, { ...version, items: Object.fromEntries(items) }];
  });
  const fields = Object.entries(product).filter((entry): entry is [string, string] =>
    typeof entry[1] === "string" && entry[1].length <= 4096
  );
  return {
    ...product,
    fields: Object.fromEntries(fields),
    versions: Object.fromEntries(versions),
  };
}

function parse<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`${path} is not JSON`);
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) throw malformed(`${path} has ${repeated} twice`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(`${path} is not SimpleStreams: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** A whole file; one that is longer is not read to its end. */
async function readBytes(url: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await openSource(url, { signal: AbortSignal.timeout(JSON_TIMEOUT_MS) });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw malformed(`${url} has more than ${bytesMax} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw sourceUnreachable(`${url} broke off after ${bytes} bytes: ${why}`, cause);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function malformed(message: string): DomainError {
  return sourceFault("image_source.malformed", message);
}

function unsigned(message: string): DomainError {
  return sourceFault("image_source.signature_refused", message);
}
