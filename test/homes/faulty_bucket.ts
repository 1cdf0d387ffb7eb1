import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";

/**
 * The bucket, failing as R2 does: `fault` names the calls, as in `put sites/` (a method and the start
 * of a key) or `*` (all of them).
 */
export function faultyBucket(bucket: R2Bucket, fault: () => string | undefined): R2Bucket {
  return new Proxy(bucket, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (isMeant(fault(), `${String(property)} ${String(args[0])}`)) {
          // What R2's binding throws: https://developers.cloudflare.com/r2/api/error-codes/
          return Promise.reject(
            new Error(`${String(property)}: We encountered an internal error. (10001)`),
          );
        }
        return value.apply(target, args);
      };
    },
  });
}

function isMeant(fault: string | undefined, call: string): boolean {
  return fault !== undefined && (fault === "*" || call.startsWith(fault));
}
