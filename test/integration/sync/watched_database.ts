import type { RegionContext } from "@/region/context.ts";

/** The same database; `change` happens after the first statement of its first transaction. */
export function interruptedReads(
  db: RegionContext["db"],
  change: () => Promise<void>,
): { db: RegionContext["db"]; interruptedOnce: () => boolean } {
  let selects = 0;
  let isDone = false;
  const watch = (inner: RegionContext["db"]): RegionContext["db"] =>
    new Proxy(inner, {
      get(target, property) {
        const value = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        if (property === "transaction") {
          return (work: (tx: RegionContext["db"]) => unknown, config: unknown) =>
            value.call(target, (tx: RegionContext["db"]) => work(watch(tx)), config);
        }
        if (property !== "select" || ++selects !== 2) return value.bind(target);
        return (...args: unknown[]) => {
          const builder = value.apply(target, args);
          return {
            from: (...tables: unknown[]) => {
              const query = builder.from(...tables);
              const execute = query.execute.bind(query);
              query.execute = async (...rest: unknown[]) => {
                await change();
                isDone = true;
                return await execute(...rest);
              };
              return query;
            },
          };
        };
      },
    });
  return { db: watch(db), interruptedOnce: () => isDone };
}

/** The same region, counting the statements of `select` and `update`, in transactions too. */
export function counting(ctx: RegionContext): { ctx: RegionContext; count: () => number } {
  let statements = 0;
  const watch = (db: RegionContext["db"]): RegionContext["db"] =>
    new Proxy(db, {
      get(target, property) {
        const value = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        if (property === "transaction") {
          return (work: (tx: RegionContext["db"]) => unknown, config: unknown) =>
            value.call(target, (tx: RegionContext["db"]) => work(watch(tx)), config);
        }
        const counted = ["select", "selectDistinctOn", "update", "insert", "delete", "execute"];
        if (counted.includes(String(property))) statements++;
        return value.bind(target);
      },
    });
  return { ctx: { ...ctx, db: watch(ctx.db) }, count: () => statements };
}
