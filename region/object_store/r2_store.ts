import { cutStream } from "./cut_stream.ts";
import { checkObjectName } from "./object_name_check.ts";
import {
  type ByteRange,
  type ListedObject,
  type ObjectInfo,
  OBJECTS_PER_LIST_MAX,
  type ObjectStore,
  type PutCondition,
  type StoredObject,
} from "./object_store.ts";
import type { R2Bucket, R2Object, R2ObjectBody } from "./r2_bucket.ts";
import { orOutage } from "./store_outage.ts";

/** R2 wants all parts but the last alike, and at least 5 MiB; a Worker has 128 MB for everything. */
const PART_BYTES = 8 * 1024 ** 2;
type Bytes = Uint8Array<ArrayBuffer>;

/** A bucket of Cloudflare's as an object store; the etag is R2's, an MD5. */
export function openR2Store(bucket: R2Bucket): ObjectStore {
  return {
    async get(name, range) {
      checkObjectName(name);
      return await orOutage("get", () => range ? getRange(bucket, name, range) : getWhole(name));
    },
    async getUnlessEtag(name, etag) {
      checkObjectName(name);
      const onlyIf = { etagDoesNotMatch: etag };
      const object = await orOutage("get", () => bucket.get(name, { onlyIf }));
      if (!object) return undefined;
      return hasBody(object) ? storedOf(object) : "unchanged";
    },
    async head(name) {
      checkObjectName(name);
      return infoOf(await orOutage("head", () => bucket.head(name)));
    },
    async put(name, body, condition = {}) {
      checkObjectName(name);
      return body instanceof Uint8Array
        ? await putBytes(bucket, name, body, condition)
        : await putStream(bucket, name, { body, condition });
    },
    async delete(name) {
      checkObjectName(name);
      await orOutage("delete", () => bucket.delete(name));
    },
    list: (prefix, after) => list(bucket, prefix, after),
  };

  async function getWhole(name: string): Promise<StoredObject | undefined> {
    const object = await bucket.get(name);
    return object && hasBody(object) ? storedOf(object) : undefined;
  }
}

async function getRange(
  bucket: R2Bucket,
  name: string,
  { first, last }: ByteRange,
): Promise<StoredObject | undefined> {
  const options = { range: { offset: first, length: last - first + 1 } };
  try {
    const object = await bucket.get(name, options);
    return object && hasBody(object) ? storedOf(object) : undefined;
  } catch (error) {
    // R2 refuses a range that begins behind the end (10039) where we promise an empty body.
    const info = infoOf(await bucket.head(name));
    if (info && first < info.bytes) throw error;
    return info && { ...info, body: emptyStream() };
  }
}

async function putBytes(
  bucket: R2Bucket,
  name: string,
  body: Bytes,
  { ifEtag, ifAbsent }: PutCondition,
): Promise<ObjectInfo | undefined> {
  const onlyIf = ifEtag !== undefined
    ? { etagMatches: ifEtag }
    : ifAbsent
    ? { etagDoesNotMatch: "*" }
    : undefined;
  return infoOf(await orOutage("put", () => bucket.put(name, body, onlyIf && { onlyIf })));
}

async function putStream(
  bucket: R2Bucket,
  name: string,
  { body, condition }: { body: ReadableStream<Bytes>; condition: PutCondition },
): Promise<ObjectInfo | undefined> {
  const parts = cutStream(body, PART_BYTES);
  const first = await parts.next();
  if (first.done) throw new Error("a stream has at least one part");
  if (first.value.isLast) return await putBytes(bucket, name, first.value.part, condition);
  const upload = await orOutage("put", () => bucket.createMultipartUpload(name));
  try {
    const sent = [await orOutage("put", () => upload.uploadPart(1, first.value.part))];
    for await (const { part } of parts) {
      const number = sent.length + 1;
      sent.push(await orOutage("put", () => upload.uploadPart(number, part)));
    }
    const isStillSo = await holds(bucket, name, condition);
    if (isStillSo) return infoOf(await orOutage("put", () => upload.complete(sent)));
    await upload.abort();
    return undefined;
  } catch (error) {
    await upload.abort().catch(() => {}); // R2 forgets it by itself after seven days
    throw error;
  }
}

/** R2 completes an upload without conditions. */
async function holds(bucket: R2Bucket, name: string, condition: PutCondition): Promise<boolean> {
  if (condition.ifEtag === undefined && !condition.ifAbsent) return true;
  const current = await orOutage("head", () => bucket.head(name));
  return condition.ifEtag === undefined ? current === null : current?.etag === condition.ifEtag;
}

/** R2 gives what it likes of a page at once, and says whether there is more. */
async function list(bucket: R2Bucket, prefix: string, after?: string): Promise<ListedObject[]> {
  const found: ListedObject[] = [];
  let from: { startAfter?: string } | { cursor?: string } = { startAfter: after };
  while (found.length < OBJECTS_PER_LIST_MAX) {
    const limit = OBJECTS_PER_LIST_MAX - found.length;
    const page = await orOutage("list", () => bucket.list({ prefix, limit, ...from }));
    for (const { key, size } of page.objects) found.push({ name: key, bytes: size });
    if (!page.truncated) break;
    from = { cursor: page.cursor };
  }
  return found;
}

function hasBody(object: R2Object | R2ObjectBody): object is R2ObjectBody {
  return "body" in object && Boolean(object.body);
}

function storedOf({ etag, size, body }: R2ObjectBody): StoredObject {
  return { etag, bytes: size, body };
}

function infoOf(object: R2Object): ObjectInfo;
function infoOf(object: R2Object | null): ObjectInfo | undefined;
function infoOf(object: R2Object | null): ObjectInfo | undefined {
  return object ? { etag: object.etag, bytes: object.size } : undefined;
}

function emptyStream(): ReadableStream<Bytes> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
