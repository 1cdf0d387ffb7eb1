import { formatLogLine } from "./log.ts";
import { MIGRATION_NAMES } from "./worker/migration_names.ts";
import { createWorker } from "./worker/worker.ts";

export { WakeRoom } from "./worker/wake_room.ts";

/** The region on Cloudflare Workers: `fetch` and `scheduled`, as the runtime asks for them. */
export default createWorker({
  now: () => new Date(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  log: (event, fields) => console.log(formatLogLine(new Date(), event, fields)),
  migrations: MIGRATION_NAMES,
});
