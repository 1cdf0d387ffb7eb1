import type { Db } from "@/region/db/client.ts";
import type { ObjectStore } from "@/region/object_store/object_store.ts";

/** All that the region needs from the world; built once, in an entry point. */
export interface RegionContext {
  readonly db: Db;
  readonly objectStore: ObjectStore;
  readonly now: () => Date;
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>;
  readonly secrets: RegionSecrets;
  readonly hub: Hub;
  readonly log: (event: string, fields?: Record<string, unknown>) => void;
  /** Where agents and people reach the region, without a slash at the end. */
  readonly publicUrl: string;
  /** `host` or `host:port` that webhooks may go to although it is the region's own, or plain http. */
  readonly webhookHosts?: readonly string[];
  /** Those that the identity provider may be at, likewise. */
  readonly oidcHosts?: readonly string[];
  /** What the database should have been brought to; absent where the home does not know. */
  readonly migrations?: readonly string[];
  /**
   * Sites are not published when they are changed: whoever set it publishes them once at the end, or
   * has nothing to publish because it is all undone.
   */
  readonly holdsPublishing?: boolean;
  /**
   * Keeps the request alive until work is done that its answer does not wait for; absent where a
   * promise runs on by itself.
   */
  readonly later?: (work: Promise<unknown>) => void;
  /** A file of the API viewer's package; absent where the home serves it in another way, or not. */
  readonly readViewerFile?: (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** A file of the console by its path; absent where the home serves them in another way, or not. */
  readonly readConsoleFile?: (path: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The addresses of a name, where the home can look them up. */
  readonly resolveHost?: (hostname: string) => Promise<string[]>;
}

export interface RegionSecrets {
  /** The first signs, all verify: so a key can be rotated without a gap. */
  readonly signingKeys: readonly SigningKey[];
  /** Seals secrets at rest; the id travels with what it sealed. */
  readonly sealKey: StoredSealKey & {
    /** While they are being replaced: keys before this one, that open what they sealed. */
    readonly retired?: readonly StoredSealKey[];
  };
}

interface StoredSealKey {
  readonly id: string;
  readonly key: Uint8Array<ArrayBuffer>;
}

/** An Ed25519 pair as JWKs, RFC 8037. */
export interface SigningKey {
  readonly kid: string;
  readonly publicJwk: { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string };
  readonly privateJwk: {
    readonly kty: "OKP";
    readonly crv: "Ed25519";
    readonly x: string;
    readonly d: string;
  };
}

/** Wakes requests that wait for a change. It carries no data: whoever wakes reads for itself. */
export interface Hub {
  publish(topic: string): void;
  /** Resolves on the next `publish` of the topic, after `timeoutMs`, or on abort. */
  wait(topic: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** The process is about to stop: nobody may wait any more. */
  isClosed(): boolean;
}
