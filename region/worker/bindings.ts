import type { NeonAddress } from "@/region/db/neon_client.ts";
import type { RegionSecrets } from "@/region/context.ts";
import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";
import type { S3Address } from "@/region/object_store/s3_store.ts";
import { parseRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import type { RoomBinding } from "./room_hub.ts";

/** What a Worker is given; `infra/cloudflare/README.md` says where each comes from. */
export interface WorkerEnv {
  readonly OBJECTS?: R2Bucket;
  readonly ASSETS?: { fetch(request: Request | string): Promise<Response> };
  /** Absent: who waits for a change looks again every few seconds, and that costs. */
  readonly WAKE_ROOM?: RoomBinding;
  /** Instead of OBJECTS: `https://s3.example.com/bucket`, and what opens it. */
  readonly S3_URL?: string;
  readonly S3_REGION?: string;
  readonly S3_ACCESS_KEY_ID?: string;
  readonly S3_SECRET_ACCESS_KEY?: string;
  readonly DATABASE_URL?: string;
  /** `host:port`; only for a PostgreSQL that is not Neon's. */
  readonly DATABASE_PROXY?: string;
  /** The text of a `secrets.json`. */
  readonly RACKWRIGHT_SECRETS?: string;
  readonly RACKWRIGHT_PUBLIC_URL?: string;
  readonly RACKWRIGHT_WEBHOOK_HOSTS?: string;
  readonly RACKWRIGHT_OIDC_HOSTS?: string;
}

/** The bindings, each looked at. */
export interface WorkerConfig {
  readonly store: { readonly r2: R2Bucket } | { readonly s3: S3Address };
  readonly assets: WorkerEnv["ASSETS"];
  readonly room: RoomBinding | undefined;
  readonly database: NeonAddress;
  readonly secrets: RegionSecrets;
  readonly publicUrl: string;
  readonly webhookHosts: readonly string[] | undefined;
  readonly oidcHosts: readonly string[] | undefined;
}

/** Every binding that is missing or wrong, one a line; never what a secret is. */
export class BindingError extends Error {
  override readonly name = "BindingError";

  constructor(problems: readonly string[]) {
    super(problems.join("; "));
  }
}

/** Throws one BindingError with everything that is wrong. */
export function readBindings(env: WorkerEnv): WorkerConfig {
  const problems: string[] = [];
  const need = <T>(value: T | undefined, problem: string): T | undefined => {
    if (value === undefined) problems.push(problem);
    return value;
  };
  const store = textOf(env.S3_URL) === undefined
    ? need(bucketOf(env.OBJECTS), "OBJECTS is not bound to an R2 bucket")
    : need(
      s3Of(env),
      "S3_URL is not as in https://s3.example.com/bucket, or S3_REGION, S3_ACCESS_KEY_ID or " +
        "S3_SECRET_ACCESS_KEY is missing",
    );
  const url = need(
    /^postgres(ql)?:\/\/\S+$/.exec(textOf(env.DATABASE_URL) ?? "")?.[0],
    "the secret DATABASE_URL is missing, or does not begin with postgres:// or postgresql://",
  );
  const secrets = need(
    parseRegionSecrets(textOf(env.RACKWRIGHT_SECRETS) ?? ""),
    "the secret RACKWRIGHT_SECRETS is missing, or is not the text of a secrets.json",
  );
  const publicUrl = need(
    publicUrlOf(textOf(env.RACKWRIGHT_PUBLIC_URL)),
    "the variable RACKWRIGHT_PUBLIC_URL is missing, or not as in https://region.example.com",
  );
  if (!store || !url || !secrets || !publicUrl) throw new BindingError(problems);
  return {
    store,
    assets: env.ASSETS,
    room: env.WAKE_ROOM,
    database: { url, proxy: textOf(env.DATABASE_PROXY) },
    secrets,
    publicUrl,
    webhookHosts: hostsOf(env.RACKWRIGHT_WEBHOOK_HOSTS),
    oidcHosts: hostsOf(env.RACKWRIGHT_OIDC_HOSTS),
  };
}

/** A binding of another kind under the name has other methods, or is just text. */
function bucketOf(binding: unknown): { r2: R2Bucket } | undefined {
  if (typeof binding !== "object" || binding === null) return undefined;
  const candidate = binding as Partial<Record<keyof R2Bucket, unknown>>; // each is looked at
  const methods = [candidate.createMultipartUpload, candidate.head, candidate.put];
  return methods.every((each) => typeof each === "function")
    ? { r2: binding as R2Bucket }
    : undefined;
}

function s3Of(env: WorkerEnv): { s3: S3Address } | undefined {
  const [, endpoint, bucket] =
    /^(https?:\/\/[^/?#@]+)\/([a-z0-9][a-z0-9.-]{1,62})\/?$/.exec(textOf(env.S3_URL) ?? "") ?? [];
  const [region, accessKeyId, secretAccessKey] = [
    textOf(env.S3_REGION),
    textOf(env.S3_ACCESS_KEY_ID),
    textOf(env.S3_SECRET_ACCESS_KEY),
  ];
  if (!endpoint || !bucket || !region || !accessKeyId || !secretAccessKey) return undefined;
  return { s3: { endpoint, bucket, region, accessKeyId, secretAccessKey } };
}

/** A variable set to nothing is a variable not set. */
function textOf(binding: unknown): string | undefined {
  return typeof binding === "string" ? binding.trim() || undefined : undefined;
}

function publicUrlOf(text: string | undefined): string | undefined {
  const url = text === undefined ? null : URL.parse(text);
  const isUsable = url && /^https?:$/.test(url.protocol) && !url.search && !url.hash &&
    !url.username;
  return isUsable ? url.href.replace(/\/+$/, "") : undefined;
}

function hostsOf(binding: unknown): string[] | undefined {
  return textOf(binding)?.toLowerCase().split(/[\s,]+/).filter(Boolean);
}
