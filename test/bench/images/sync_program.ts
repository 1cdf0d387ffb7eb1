import type { RegionContext } from "@/region/context.ts";
import { connect } from "@/region/db/client.ts";
import { createHub } from "@/region/hub.ts";
import { openFolderStore } from "@/region/object_store/folder_store.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { runSyncs } from "@/region/services/images/run_syncs.ts";
import { openRemoteStore } from "@/test/homes/remote_store.ts";

/**
 * The region's syncs and nothing else: `SOCKET_FOLDER STORE`, where the store is a folder or the
 * address of one behind HTTP. It works until it is ended, as a region's loop does.
 */
const [socketFolder = "", store = ""] = Deno.args;
const SLICE_MS = 3000;

const address = { socketFolder, user: "rackwright", database: "rackwright" };
const connection = connect(address, () => {});
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const ctx: RegionContext = {
  db: connection.db,
  objectStore: store.startsWith("http") ? openRemoteStore(store) : await openFolderStore(store),
  now: () => new Date(),
  randomBytes,
  secrets: await makeRegionSecrets(randomBytes),
  hub: createHub(),
  log: (event, fields) => console.error(JSON.stringify({ event, ...fields })),
  publicUrl: "http://127.0.0.1",
};
console.log("ready");
for (;;) {
  await runSyncs(ctx, { sliceMs: SLICE_MS });
  await new Promise((wake) => setTimeout(wake, 100));
}
