/** How the number of leases changed: by `change` between a point and the one before it. */
export interface LeaseChange {
  /** Which point sees it first, from 0. */
  readonly point: number;
  readonly change: number;
}

/** How many leases there were at each of `points` moments, from changes in any order. */
export function sumChanges(changes: readonly LeaseChange[], points: number): number[] {
  const byPoint = Array<number>(points).fill(0);
  for (const { point, change } of changes) {
    if (point < points) byPoint[point] = (byPoint[point] ?? 0) + change;
  }
  let sum = 0;
  return byPoint.map((change) => sum += change);
}
