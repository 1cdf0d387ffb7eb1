/** What the Worker that sends files is told. */
export type ToFileWorker =
  | {
    readonly kind: "start";
    /** Of an eventfd that is added to after each message but this one. */
    readonly wakeFd: number;
    readonly port: number;
  }
  /** What there is of content; told again as more arrives. */
  | { readonly kind: "content"; readonly sha256: string; readonly content: Content }
  | { readonly kind: "stop" };

export type Content =
  | {
    readonly kind: "here";
    readonly path: string;
    /** Of the whole file. */
    readonly bytes: number;
    /** What may be sent so far; less than `bytes` until the hash of the whole is known to be right. */
    readonly readyBytes: number;
  }
  | { readonly kind: "missing" }
  /** It could not be fetched, or was not what its name says. */
  | { readonly kind: "unavailable" };

/** What the Worker tells. */
export type FromFileWorker =
  /** Somebody asks for content that the Worker knows nothing of, or a part of. */
  | { readonly kind: "want"; readonly sha256: string }
  | { readonly kind: "served"; readonly served: ServedFile }
  | { readonly kind: "counters"; readonly counters: FileCounters };

/** An answer with a body that was sent, or as much as the client took. */
export interface ServedFile {
  readonly path: string;
  readonly ipv4: string;
  readonly bytes: number;
  readonly durationMs: number;
}

export interface FileCounters {
  readonly requests: number;
  readonly connections: number;
  readonly bytes: number;
  /** By reason, such as `http.malformed`, `http.too_slow`. */
  readonly refused: Readonly<Record<string, number>>;
}

export const NO_FILE_COUNTERS: FileCounters = {
  requests: 0,
  connections: 0,
  bytes: 0,
  refused: {},
};
