import { useEffect, useState } from "preact/hooks";

/** A value that components follow. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Renders again when the store's value changes; with `select`, only when that part does. */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, U>(store: Store<T>, select: (value: T) => U): U;
export function useStore<T, U>(store: Store<T>, select?: (value: T) => U): T | U {
  const read = () => (select ? select(store.get()) : store.get());
  const [, setSeen] = useState<{ value: T | U }>({ value: read() });
  useEffect(() => {
    const look = () =>
      setSeen((seen) => {
        const value = read();
        return Object.is(value, seen.value) ? seen : { value };
      });
    look(); // it may have changed between rendering and now
    return store.subscribe(look);
  }, [store]);
  return read();
}
