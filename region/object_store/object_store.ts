/** Big or hot bytes by name. One conformance suite holds over every implementation. */
export interface ObjectStore {
  /**
   * The object, or undefined.
   *
   * `range` is inclusive at both ends, in bytes, and is cut at the end of the object; a range that
   * begins behind it gives an empty body. Read the body to its end or cancel it.
   */
  get(name: string, range?: ByteRange): Promise<StoredObject | undefined>;
  /** What is known of an object without reading it. */
  head(name: string): Promise<ObjectInfo | undefined>;
  /**
   * Stores bytes whole or not at all. With `ifEtag` only over that very version, with
   * `ifAbsent` only when there is none; undefined when the condition failed.
   */
  put(
    name: string,
    body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
    condition?: { ifEtag?: string; ifAbsent?: boolean },
  ): Promise<ObjectInfo | undefined>;
  /** Forgets an object; harmless when there is none. */
  delete(name: string): Promise<void>;
}

export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface ObjectInfo {
  /** Without quotes; the same content has the same etag. */
  readonly etag: string;
  /** Of the whole object, also when only a range of it is read. */
  readonly bytes: number;
}

export interface StoredObject extends ObjectInfo {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}
