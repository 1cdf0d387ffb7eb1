import { z } from "zod";
import { resolveInside } from "@/region/domain/stream_path.ts";
import type { StreamProduct } from "@/region/domain/stream_products.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

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
    z.object({
      arch: Text.optional(),
      os: Text.optional(),
      release: Text.optional(),
      release_title: Text.optional(),
      title: Text.optional(),
      kernel_options: Text.optional(),
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
const JSON_TIMEOUT_MS = 60_000;
const PRODUCT_FILES_MAX = 32;

/** All products of the tree at `rootUrl`. Throws `unavailable` or `invalid_input`. */
export async function readStreamProducts(
  rootUrl: string,
): Promise<Record<string, StreamProduct>> {
  const index = await readJson(rootUrl, "streams/v1/index.json", StreamIndex);
  const entries = Object.values(index.index)
    .filter(({ format, datatype }) =>
      (format ?? "products:1.0") === "products:1.0" &&
      (datatype ?? "image-downloads") === "image-downloads"
    ).slice(0, PRODUCT_FILES_MAX);
  const all: Record<string, StreamProduct> = {};
  for (const { path } of entries) {
    const { products } = await readJson(rootUrl, path, StreamProducts);
    for (const [name, product] of Object.entries(products)) all[name] = withHashedItems(product);
  }
  return all;
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
  return { ...product, versions: Object.fromEntries(versions) };
}

async function readJson<T>(rootUrl: string, path: string, schema: z.ZodType<T>): Promise<T> {
  const url = resolveInside(rootUrl, path);
  const signal = AbortSignal.timeout(JSON_TIMEOUT_MS);
  const text = new TextDecoder().decode(await readAll(await openSource(url, signal), url));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`${url} is not JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw malformed(`${url} is not SimpleStreams: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** Begins to read a file of a source; redirects are not followed, for they could lead anywhere. */
export async function openSource(
  url: string,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  let response;
  try {
    response = await fetch(url, { signal, redirect: "manual" });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw unavailable(`${url} cannot be read: ${why}`, cause);
  }
  if (response.status === 200 && response.body) return response.body;
  await response.body?.cancel();
  throw unavailable(`${url} answered ${response.status}, not 200`);
}

async function readAll(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  url: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > JSON_BYTES_MAX) throw malformed(`${url} has more than ${JSON_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function malformed(message: string): DomainError {
  return new DomainError({ kind: "invalid_input", code: "image_source.malformed", message });
}

function unavailable(message: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "unavailable",
    code: "image_source.unreachable",
    message,
    cause,
  });
}
