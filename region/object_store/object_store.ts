/** Big or hot bytes by name. One conformance suite holds over every implementation. */
export interface ObjectStore {
  /**
   * The object, or undefined.
   *
   * `range` is inclusive at both ends, in bytes, and is cut at the end of the object; a range that
   * begins behind it gives an empty body. Read the body to its end or cancel it.
   */
  get(name: string, range?: ByteRange): Promise<StoredObject | undefined>;
  /** The object, "unchanged" when it is still the version with this etag, or undefined. */
  getUnlessEtag(name: string, etag: string): Promise<StoredObject | "unchanged" | undefined>;
  /** What is known of an object without reading it. */
  head(name: string): Promise<ObjectInfo | undefined>;
  /**
   * Stores bytes whole or not at all. With `ifEtag` only over that very version, with
   * `ifAbsent` only when there is none; undefined when the condition failed.
   *
   * A stream may be of any length; it is sent in parts, and one that breaks off leaves nothing. Of a
   * stream longer than one part, the condition is looked at before its end and not held until then:
   * what must win against others is to be given as bytes.
   */
  put(
    name: string,
    body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
    condition?: PutCondition,
  ): Promise<ObjectInfo | undefined>;
  /** Forgets an object; harmless when there is none. */
  delete(name: string): Promise<void>;
  /**
   * The names that begin with `prefix`, in the order of their characters' codes, behind `after`; at
   * most `OBJECTS_PER_LIST_MAX` at once. Fewer than that: there are no more.
   */
  list(prefix: string, after?: string): Promise<ListedObject[]>;
}

export const OBJECTS_PER_LIST_MAX = 1000;

export interface PutCondition {
  readonly ifEtag?: string;
  readonly ifAbsent?: boolean;
}

export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface ObjectInfo {
  /** Without quotes; the same content, given in the same way, has the same etag. */
  readonly etag: string;
  /** Of the whole object, also when only a range of it is read. */
  readonly bytes: number;
}

export interface ListedObject {
  readonly name: string;
  readonly bytes: number;
}

export interface StoredObject extends ObjectInfo {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}
