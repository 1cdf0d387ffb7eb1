import type { RegionContext } from "@/region/context.ts";
import {
  findImageSigningKey,
  type ImageSigningKeyRow,
  insertImageSigningKey,
  isFileOffered,
  listOfferedImages,
} from "@/region/db/queries/image_publishing.ts";
import { renderStreamTree } from "@/region/domain/stream_tree.ts";
import { readSettings } from "@/region/services/settings/read_settings.ts";
import {
  makeSigningPgpKey,
  publicPgpKey,
  readKeyring,
  signCleartext,
} from "@/region/tokens/openpgp.ts";
import { sealUnder, unsealText } from "@/region/tokens/seal.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { type Caller, requireRole } from "../identity/caller.ts";

/** The root of the region's own SimpleStreams tree, below its address. */
export const TREE_PATH = "/simplestreams/";

/** Where others find the images of this region, and how they know that they are its. */
export interface ImagePublishing {
  readonly isPublished: boolean;
  readonly url: string;
  readonly fingerprint: string;
  /** Armored. */
  readonly publicKey: string;
}

export async function getImagePublishing(
  ctx: RegionContext,
  caller: Caller,
): Promise<ImagePublishing> {
  requireRole(caller, "viewer");
  const { publicKey } = await signingKey(ctx);
  const { keys: [key] } = await readKeyring(publicKey);
  return {
    isPublished: (await readSettings(ctx.db)).publishesImages,
    url: ctx.publicUrl + TREE_PATH,
    fingerprint: key?.fingerprint ?? "",
    publicKey,
  };
}

/** A text of the tree, signed where its name says so. Throws `not_found`. */
export async function readTreeText(ctx: RegionContext, path: string): Promise<string> {
  await requirePublished(ctx, path);
  const text = renderStreamTree(await listOfferedImages(ctx.db)).get(path);
  if (text === undefined) throw missing(path);
  if (!path.endsWith(".sjson")) return text;
  const { sealedPrivateKey } = await signingKey(ctx);
  const privateKey = await unsealText(ctx.secrets.sealKey, sealedPrivateKey);
  return await signCleartext(text, { privateKey, now: ctx.now() });
}

/** Throws `not_found` unless the file belongs to an image that is published. */
export async function requirePublishedFile(ctx: RegionContext, sha256: string): Promise<void> {
  const path = `files/${sha256}`;
  await requirePublished(ctx, path);
  if (!/^[0-9a-f]{64}$/.test(sha256) || !await isFileOffered(ctx.db, sha256)) throw missing(path);
}

async function requirePublished(ctx: RegionContext, path: string): Promise<void> {
  if ((await readSettings(ctx.db)).publishesImages) return;
  throw missing(path);
}

/** Made when it is first needed; from then on mirrors know it. */
async function signingKey(ctx: RegionContext): Promise<ImageSigningKeyRow> {
  const known = await findImageSigningKey(ctx.db);
  if (known) return known;
  const privateKey = await makeSigningPgpKey(`Images of ${ctx.publicUrl}`, ctx.now());
  await insertImageSigningKey(ctx.db, {
    sealedPrivateKey: await sealUnder(ctx.secrets.sealKey, privateKey),
    publicKey: await publicPgpKey(privateKey),
    createdAt: ctx.now(),
  });
  const made = await findImageSigningKey(ctx.db);
  if (!made) throw new Error("what was inserted is there");
  return made;
}

function missing(path: string): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "image_tree_file.missing",
    message: `this region publishes no ${path.slice(0, 120)}`,
  });
}
