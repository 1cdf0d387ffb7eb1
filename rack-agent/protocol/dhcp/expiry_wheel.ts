const TICK_MS = 1_000;

/**
 * Keys by the second in which they fall due: adding and taking are O(1) per key.
 *
 * It never forgets or moves a key. Whoever takes a key looks whether it is really due and adds it
 * again if not, so a renewal costs nothing here.
 */
export class ExpiryWheel<K> {
  readonly #ticks = new Map<number, K[]>();
  #doneTick = 0;

  add(key: K, dueMs: number): void {
    const tick = Math.max(Math.ceil(dueMs / TICK_MS), this.#doneTick + 1);
    const keys = this.#ticks.get(tick);
    if (keys) keys.push(key);
    else this.#ticks.set(tick, [key]);
  }

  /** Takes out every key added for `nowMs` or before. */
  takeDue(nowMs: number): K[] {
    const nowTick = Math.floor(nowMs / TICK_MS);
    if (nowTick <= this.#doneTick) return [];
    const due = this.#dueTicks(nowTick).flatMap((tick) => {
      const keys = this.#ticks.get(tick) ?? [];
      this.#ticks.delete(tick);
      return keys;
    });
    this.#doneTick = nowTick;
    return due;
  }

  #dueTicks(nowTick: number): number[] {
    const gap = nowTick - this.#doneTick;
    // After a long pause, or at the start, there are fewer ticks in use than seconds gone by.
    if (gap > this.#ticks.size) {
      return [...this.#ticks.keys()].filter((tick) => tick <= nowTick).sort((a, b) => a - b);
    }
    return Array.from({ length: gap }, (_, i) => this.#doneTick + 1 + i);
  }
}
