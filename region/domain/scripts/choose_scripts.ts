import { DomainError } from "@/shared/errors/domain_error.ts";
import { QUICK_TAG, type Script } from "./built_in.ts";

/** More than these in one operation is a fault of whoever chose them. */
export const SCRIPTS_PER_OPERATION_MAX = 64;

/**
 * The scripts that an operation runs, by name.
 *
 * `wanted` holds names and tags; absent, a commissioning runs all of its type but those tagged
 * `noauto`, and a test those tagged `quick`. Throws `invalid_input` for a wish that nothing fits.
 */
export function chooseScripts<S extends Omit<Script, "source">>(
  all: readonly S[],
  type: Script["type"],
  wanted: readonly string[] | undefined,
): S[] {
  const ofType = all.filter((script) => script.type === type)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (!wanted) {
    return ofType.filter(({ tags }) =>
      type === "testing" ? tags.includes(QUICK_TAG) : !tags.includes("noauto")
    );
  }
  const isMeant = ({ name, tags }: S, wish: string) => name === wish || tags.includes(wish);
  for (const [i, wish] of wanted.entries()) {
    if (!ofType.some((script) => isMeant(script, wish))) throw unknown(type, wish, i);
  }
  const chosen = ofType.filter((script) => wanted.some((wish) => isMeant(script, wish)));
  if (chosen.length > SCRIPTS_PER_OPERATION_MAX) throw tooMany(chosen.length);
  return chosen;
}

function unknown(type: string, wish: string, i: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "scripts.unknown",
    message: `no ${type} script has the name or tag "${wish}"`,
    field: `scripts[${i}]`,
    value: wish,
    accepted: `names and tags of GET /api/v1/scripts?type=${type}`,
  });
}

function tooMany(count: number): DomainError {
  return new DomainError({
    kind: "invalid_input",
    code: "scripts.too_many",
    message: `${count} scripts are meant; one operation runs at most ${SCRIPTS_PER_OPERATION_MAX}`,
    field: "scripts",
  });
}
