/**
 * Gives each want a part of its own; undefined when there is no way to.
 *
 * The answer holds the index of each want's part, in the order of the wants. Augmenting paths
 * (Kuhn 1955): taking the first that fits would fail where an easy want takes a hard one's only part.
 */
export function assign<W, P>(
  wants: readonly W[],
  parts: readonly P[],
  fits: (want: W, part: P) => boolean,
): number[] | undefined {
  const wantOfPart = new Map<number, number>();
  // Both indices come from the lists themselves.
  const fitting = (want: number): number[] =>
    [...parts.keys()].filter((part) => fits(wants[want] as W, parts[part] as P));
  const place = (want: number, tried: Set<number>): boolean => {
    const open = fitting(want).filter((part) => !tried.has(part));
    const free = open.find((part) => !wantOfPart.has(part));
    if (free !== undefined) {
      wantOfPart.set(free, want);
      return true;
    }
    for (const part of open) {
      if (tried.has(part)) continue;
      tried.add(part);
      if (!place(wantOfPart.get(part) ?? want, tried)) continue;
      wantOfPart.set(part, want);
      return true;
    }
    return false;
  };
  for (const want of wants.keys()) if (!place(want, new Set())) return undefined;
  const partOfWant = new Map([...wantOfPart].map(([part, want]) => [want, part]));
  return wants.map((_, want) => partOfWant.get(want) ?? 0);
}
