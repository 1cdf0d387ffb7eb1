/** As much of Cloudflare's R2 binding as the region uses. https://developers.cloudflare.com/r2/api/workers/workers-api-reference/ */
export interface R2Bucket {
  head(key: string): Promise<R2Object | null>;
  get(
    key: string,
    options?: {
      range?: { offset: number; length: number };
      onlyIf?: { etagDoesNotMatch: string };
    },
  ): Promise<R2Object | R2ObjectBody | null>;
  put(
    key: string,
    value: Uint8Array<ArrayBuffer>,
    options?: { onlyIf?: { etagMatches: string } | { etagDoesNotMatch: string } },
  ): Promise<R2Object | null>;
  delete(key: string): Promise<void>;
  list(
    options: { prefix: string; limit: number; startAfter?: string; cursor?: string },
  ): Promise<R2Objects>;
  createMultipartUpload(key: string): Promise<R2MultipartUpload>;
}

export interface R2Object {
  readonly key: string;
  readonly size: number;
  /** Without quotes; the MD5 of the content, unless it came in parts. */
  readonly etag: string;
}

export interface R2ObjectBody extends R2Object {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface R2Objects {
  readonly objects: readonly R2Object[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

export interface R2MultipartUpload {
  uploadPart(partNumber: number, value: Uint8Array<ArrayBuffer>): Promise<R2UploadedPart>;
  complete(parts: readonly R2UploadedPart[]): Promise<R2Object>;
  abort(): Promise<void>;
}

export interface R2UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}
