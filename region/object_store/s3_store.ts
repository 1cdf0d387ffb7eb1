import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { cutStream } from "./cut_stream.ts";
import { checkObjectName } from "./object_name_check.ts";
import {
  type ByteRange,
  type ObjectInfo,
  OBJECTS_PER_LIST_MAX,
  type ObjectStore,
  type PutCondition,
  type StoredObject,
} from "./object_store.ts";
import { readTags, unescapeXml } from "./s3_xml.ts";
import { orOutage, storeOutage } from "./store_outage.ts";

/** A bucket of a server that speaks S3. It must know conditional writes: see the README. */
export interface S3Address {
  /** Of the server, or of a bucket's own host: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** S3 wants all parts but the last to have at least 5 MiB. */
const PART_BYTES = 8 * 1024 ** 2;
/** The first bytes of an answer may take so long; a body as long as it takes. */
const ANSWER_TIMEOUT_MS = 30_000;
type Bytes = Uint8Array<ArrayBuffer>;

/** A bucket of S3, or of what speaks like it, as an object store. */
export function openS3Store(address: S3Address): ObjectStore {
  return new S3Store(address);
}

class S3Store implements ObjectStore {
  readonly #client: AwsClient;
  readonly #root: string;

  constructor({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Address) {
    // Tried again by whoever asked: only they know whether it still matters.
    this.#client = new AwsClient({
      accessKeyId,
      secretAccessKey,
      region,
      service: "s3",
      retries: 0,
    });
    this.#root = `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  }

  async get(name: string, range?: ByteRange): Promise<StoredObject | undefined> {
    checkObjectName(name);
    const headers = range ? { range: `bytes=${range.first}-${range.last}` } : undefined;
    const response = await this.#ask("GET", name, { headers });
    if (response.status === 404) return await without(response, undefined);
    if (response.status === 416) { // it begins behind the end
      await response.body?.cancel();
      const info = await this.head(name);
      return info && { ...info, body: emptyStream() };
    }
    if (response.status !== 200 && response.status !== 206) throw await refused("get", response);
    return { ...infoOf(response), body: response.body ?? emptyStream() };
  }

  async getUnlessEtag(
    name: string,
    etag: string,
  ): Promise<StoredObject | "unchanged" | undefined> {
    checkObjectName(name);
    const response = await this.#ask("GET", name, { headers: { "if-none-match": `"${etag}"` } });
    if (response.status === 304) return await without(response, "unchanged" as const);
    if (response.status === 404) return await without(response, undefined);
    if (response.status !== 200) throw await refused("get", response);
    return { ...infoOf(response), body: response.body ?? emptyStream() };
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    const response = await this.#ask("HEAD", name);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw await refused("head", response);
    return infoOf(response);
  }

  async put(
    name: string,
    body: Bytes | ReadableStream<Bytes>,
    condition: PutCondition = {},
  ): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    if (body instanceof Uint8Array) return await this.#putBytes(name, body, condition);
    const parts = cutStream(body, PART_BYTES);
    const first = await parts.next();
    if (first.done) throw new Error("a stream has at least one part");
    const { part, isLast } = first.value;
    if (isLast) return await this.#putBytes(name, part, condition);
    return await this.#putParts(name, { first: part, rest: parts, condition });
  }

  async delete(name: string): Promise<void> {
    checkObjectName(name);
    const response = await this.#ask("DELETE", name);
    if (!response.ok && response.status !== 404) throw await refused("delete", response);
    await response.body?.cancel();
  }

  async list(prefix: string, after = "") {
    const query = new URLSearchParams({
      "list-type": "2",
      "max-keys": String(OBJECTS_PER_LIST_MAX),
      prefix,
      ...(after === "" ? {} : { "start-after": after }),
    });
    const response = await this.#ask("GET", "", { query: `?${query}` });
    if (response.status !== 200) throw await refused("list", response);
    const xml = await response.text();
    return readTags(xml, "Contents").map((entry) => ({
      name: unescapeXml(readTags(entry, "Key")[0] ?? ""),
      bytes: Number(readTags(entry, "Size")[0] ?? 0),
    }));
  }

  async #putBytes(
    name: string,
    body: Bytes,
    condition: PutCondition,
  ): Promise<ObjectInfo | undefined> {
    const headers = conditionHeaders(condition);
    let response = await this.#ask("PUT", name, { body, headers });
    if (response.status === 412 && condition.ifEtag !== undefined) {
      // Ceph's gateway compares the header as it stands, against RFC 9110 §13.1.1: without quotes.
      await response.body?.cancel();
      const bare = { "if-match": condition.ifEtag };
      response = await this.#ask("PUT", name, { body, headers: bare });
    }
    // 409: another conditional write was under way. 404: nothing is there to match.
    const isLost = [404, 409, 412].includes(response.status) && Object.keys(headers).length > 0;
    if (isLost) return await without(response, undefined);
    if (response.status >= 500 && Object.keys(headers).length > 0) {
      return await this.#settle(name, body, condition, await refused("put", response));
    }
    if (response.status !== 200) throw await refused("put", response);
    await response.body?.cancel();
    return { etag: etagOf(response), bytes: body.length };
  }

  /**
   * What became of a conditional write that the server failed at: Ceph's gateway says no more than
   * that to those who lose a race. Throws `failure` when nobody won.
   */
  async #settle(
    name: string,
    body: Bytes,
    { ifEtag }: PutCondition,
    failure: Error,
  ): Promise<ObjectInfo | undefined> {
    const current = await this.head(name);
    if (current?.etag === ifEtag) throw failure;
    // Where etags are no MD5, whoever won unknowingly reads again and finds its own.
    return current?.etag === createHash("md5").update(body).digest("hex") ? current : undefined;
  }

  async #putParts(
    name: string,
    { first, rest, condition }: {
      first: Bytes;
      rest: AsyncGenerator<{ part: Bytes }>;
      condition: PutCondition;
    },
  ): Promise<ObjectInfo | undefined> {
    const started = await this.#ask("POST", name, { query: "?uploads" });
    if (started.status !== 200) throw await refused("put", started);
    const uploadId = unescapeXml(readTags(await started.text(), "UploadId")[0] ?? "");
    const upload = `?uploadId=${encodeURIComponent(uploadId)}`;
    try {
      const etags = [await this.#putPart(name, { upload, number: 1, part: first })];
      let bytes = first.length;
      for await (const { part } of rest) {
        etags.push(await this.#putPart(name, { upload, number: etags.length + 1, part }));
        bytes += part.length;
      }
      if (await this.#holds(name, condition)) {
        return { etag: await this.#complete(name, upload, etags), bytes };
      }
      await this.#abort(name, upload);
      return undefined;
    } catch (error) {
      await this.#abort(name, upload).catch(() => {}); // a lifecycle rule of the bucket's clears it
      throw error;
    }
  }

  async #putPart(
    name: string,
    { upload, number, part }: { upload: string; number: number; part: Bytes },
  ): Promise<string> {
    const query = `${upload}&partNumber=${number}`;
    const response = await this.#ask("PUT", name, { query, body: part });
    if (response.status !== 200) throw await refused("put", response);
    await response.body?.cancel();
    return etagOf(response);
  }

  async #complete(name: string, upload: string, etags: readonly string[]): Promise<string> {
    const parts = etags.map((etag, i) =>
      `<Part><PartNumber>${i + 1}</PartNumber><ETag>"${etag}"</ETag></Part>`
    );
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
    );
    const response = await this.#ask("POST", name, { query: upload, body });
    const xml = await response.text();
    // It may have begun with 200 before it failed.
    const [etag] = readTags(xml, "ETag");
    if (response.status !== 200 || etag === undefined) {
      throw storeOutage("put", new Error(`${response.status} ${readTags(xml, "Code")[0] ?? ""}`));
    }
    const told = unescapeXml(etag).replaceAll('"', "");
    return told || (await this.head(name))?.etag || ""; // Ceph's gateway does not tell
  }

  async #abort(name: string, upload: string): Promise<void> {
    await (await this.#ask("DELETE", name, { query: upload })).body?.cancel();
  }

  /** Not every server completes an upload under a condition. */
  async #holds(name: string, { ifEtag, ifAbsent }: PutCondition): Promise<boolean> {
    if (ifEtag === undefined && !ifAbsent) return true;
    const current = await this.head(name);
    return ifEtag === undefined ? current === undefined : current?.etag === ifEtag;
  }

  async #ask(
    method: string,
    name: string,
    { query = "", body, headers }: {
      query?: string;
      body?: Bytes;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Response> {
    const path = name === "" ? "" : `/${name}`; // names need no escaping: object_name_check.ts
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_TIMEOUT_MS);
    try {
      return await orOutage(
        method.toLowerCase(),
        () =>
          this.#client.fetch(`${this.#root}${path}${query}`, {
            method,
            headers,
            signal: late.signal,
            ...(body === undefined ? {} : { body }),
          }),
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

function conditionHeaders({ ifEtag, ifAbsent }: PutCondition): Record<string, string> {
  if (ifEtag !== undefined) return { "if-match": `"${ifEtag}"` };
  return ifAbsent ? { "if-none-match": "*" } : {};
}

/** Of the whole object: of a range, `Content-Range` has it. */
function infoOf(response: Response): ObjectInfo {
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return {
    etag: etagOf(response),
    bytes: Number(total ?? response.headers.get("content-length") ?? 0),
  };
}

function etagOf({ headers }: Response): string {
  return (headers.get("etag") ?? "").replaceAll('"', "");
}

async function without<T>(response: Response, value: T): Promise<T> {
  await response.body?.cancel();
  return value;
}

async function refused(doing: string, response: Response): Promise<Error> {
  const [code = ""] = readTags(await response.text(), "Code");
  return storeOutage(doing, new Error(`${response.status} ${code}`));
}

function emptyStream(): ReadableStream<Bytes> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
