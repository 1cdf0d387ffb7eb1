import { z } from "zod";
import { RegionKey } from "@/shared/contract/enrolment.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import { readTextIfPresent, writeFileAtomic } from "@/rack-agent/runtime/atomic_file.ts";

const PrivateJwk = z.object({
  kty: z.literal("OKP"),
  crv: z.string(),
  x: z.string(),
  d: z.string(),
});

/** Who this agent is. Its private keys never leave the host; the file has mode 0600. */
export const Identity = z.object({
  agentId: z.string(),
  site: z.object({ id: z.string(), name: z.string() }),
  regionUrl: z.string(),
  signingKey: PrivateJwk, // Ed25519
  encryptionKey: PrivateJwk, // X25519
  /** Pinned when joining; replaced only by what a pinned key vouches for. */
  regionKeys: z.array(RegionKey).min(1),
  /** 256 bits, base64url: opens the secrets in the site's state. */
  siteKey: z.string(),
  credential: z.string(),
  credentialExpiresAt: z.string(),
});
export type Identity = z.infer<typeof Identity>;

export async function readIdentity(folder: string): Promise<Identity> {
  const text = await readTextIfPresent(identityPath(folder));
  if (text === undefined) {
    throw new DomainError({
      kind: "not_found",
      code: "agent.not_joined",
      message: `this host has not joined a site: ${identityPath(folder)} is missing; ` +
        "make a join token in the region and run `rackwright-agent join`",
    });
  }
  return Identity.parse(JSON.parse(text));
}

export async function hasIdentity(folder: string): Promise<boolean> {
  return await readTextIfPresent(identityPath(folder)) !== undefined;
}

export async function writeIdentity(folder: string, identity: Identity): Promise<void> {
  await writeFileAtomic(identityPath(folder), JSON.stringify(identity, null, 2) + "\n");
}

function identityPath(folder: string): string {
  return `${folder}/identity.json`;
}
