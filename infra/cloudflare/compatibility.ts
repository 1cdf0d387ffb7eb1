/** What of workerd's changes the Worker is written for; `wrangler.jsonc` has the same. */
export const COMPATIBILITY = {
  compatibilityDate: "2026-07-01",
  // A poll whose agent has hung up is let go.
  compatibilityFlags: ["nodejs_compat", "enable_request_signal"],
};
