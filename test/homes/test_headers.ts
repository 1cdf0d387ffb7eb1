/** Between a test and the Worker that it tests; the product knows none of them. */

/** Ms since the epoch: the Worker's clock from this request on. */
export const NOW_HEADER = "x-test-now";
/** The URL that is asked for: over the wire it goes to wherever the Worker listens. */
export const URL_HEADER = "x-test-url";
/** The `Host` that the request came with, which `fetch` does not let through. */
export const HOST_HEADER = "x-test-host";
/** With the answer: what was logged since the one before. */
export const LOG_HEADER = "x-test-log";
/** Calls of the bucket to fail from here on, such as `put sites/`; see `faulty_bucket.ts`. */
export const STORE_FAULT_HEADER = "x-test-store-fault";
