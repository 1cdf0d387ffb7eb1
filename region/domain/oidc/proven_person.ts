import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";

/** What an admin has said of the provider's claims. */
export interface ClaimRules {
  readonly usernameClaim: string;
  /** Null: nobody is mapped to anything. */
  readonly groupsClaim: string | null;
  readonly roleMappings: readonly { readonly value: string; readonly role: Role }[];
  readonly groupMappings: readonly { readonly value: string; readonly groupId: number }[];
  readonly defaultRole: Role | null;
  /** In lower case; empty: any. */
  readonly emailDomains: readonly string[];
}

/** Claims of a verified ID token, with those of the userinfo endpoint. */
export type Claims = Readonly<Record<string, unknown>>;

/** Somebody, as the provider proves and the rules read them. */
export interface ProvenPerson {
  /** In lower case; undefined: the provider tells none. It may still be no name that we take. */
  readonly username: string | undefined;
  readonly displayName: string;
  /** Lower case, and only an address that the provider has verified. */
  readonly verifiedEmail: string | undefined;
  /** The strongest that fits; null: none does. */
  readonly role: Role | null;
  /** Groups of ours that they belong to, of those that are mapped. */
  readonly groupIds: readonly number[];
}

/** How many values of a claim are looked at; directories have people in hundreds of groups. */
const VALUES_MAX = 2000;
const NAME_CHARS_MAX = 128;
const EMAIL_CHARS_MAX = 254;

/** Reads the claims by the rules. */
export function readPerson(claims: Claims, rules: ClaimRules): ProvenPerson {
  const values = new Set(rules.groupsClaim === null ? [] : textsOf(claims, rules.groupsClaim));
  const mapped = rules.roleMappings.filter(({ value }) => values.has(value))
    .map(({ role }) => role).sort((a, b) => ROLES.indexOf(b) - ROLES.indexOf(a));
  const [username] = textsOf(claims, rules.usernameClaim);
  const [displayName = ""] = textsOf(claims, "name");
  return {
    username: username?.trim().toLowerCase(),
    displayName: oneLine(displayName).slice(0, NAME_CHARS_MAX),
    verifiedEmail: verifiedEmailOf(claims),
    role: mapped[0] ?? rules.defaultRole,
    groupIds: [
      ...new Set(
        rules.groupMappings.filter(({ value }) => values.has(value)).map(({ groupId }) => groupId),
      ),
    ],
  };
}

/** Whether the rules let people of this address in; only a verified one counts. */
export function isOfDomains(
  { verifiedEmail }: Pick<ProvenPerson, "verifiedEmail">,
  domains: readonly string[],
): boolean {
  if (domains.length === 0) return true;
  const domain = verifiedEmail?.slice(verifiedEmail.lastIndexOf("@") + 1);
  return domain !== undefined && domains.includes(domain);
}

function verifiedEmailOf(claims: Claims): string | undefined {
  const { email, email_verified: isVerified } = claims;
  // OpenID Connect Core §5.1 says boolean; some providers send the word.
  if (isVerified !== true && isVerified !== "true") return undefined;
  if (typeof email !== "string" || email.length > EMAIL_CHARS_MAX) return undefined;
  return /^[^\s@]+@[^\s@]+$/.test(email) ? email.toLowerCase() : undefined;
}

/** A claim by its name or, where there is none, by a path with dots, such as `realm_access.roles`. */
function textsOf(claims: Claims, name: string): string[] {
  const found = Object.hasOwn(claims, name) ? claims[name] : name.split(".").reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part)
        ? Reflect.get(value, part)
        : undefined,
    claims,
  );
  const values: unknown[] = Array.isArray(found) ? found.slice(0, VALUES_MAX) : [found];
  return values.filter((value): value is string => typeof value === "string" && value !== "");
}

function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is replaced
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim();
}
