import { DomainError } from "@/shared/errors/domain_error.ts";

/** Why a credential is not accepted. Stable: agents act on these. */
export type CredentialCode =
  | "credential.missing"
  | "credential.malformed"
  | "credential.signature"
  | "credential.expired"
  | "credential.key_mismatch"
  | "credential.revoked"
  | "credential.wrong_site";

/** Why a proof is not accepted. */
export type ProofCode =
  | "proof.missing"
  | "proof.malformed"
  | "proof.signature"
  | "proof.method"
  | "proof.url"
  | "proof.stale"
  | "proof.credential_mismatch"
  | "proof.body_mismatch"
  | "proof.key_mismatch";

/** The refusal of a request whose sender did not prove who it is. */
export function unauthenticated(
  code: CredentialCode | ProofCode,
  message: string,
  cause?: unknown,
): DomainError {
  return new DomainError({ kind: "unauthenticated", code, message, cause });
}
