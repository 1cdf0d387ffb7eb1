import { type ApiClient } from "./api_client.ts";
import {
  Anything,
  BootSourceView,
  ImageView,
  JoinTokenView,
  listOf,
  SiteView,
  SubnetView,
  SyncView,
} from "./api_views.ts";
import { run } from "./command.ts";
import { BOOT_NETWORK } from "./network.ts";

/** A few hundred MB from this host to this host. */
const SYNC_MS = 180_000;
const POLL_MS = 500;

/** What an operator does once for a new site, before its first machine is switched on. */
export interface PreparedSite {
  readonly site: SiteView;
  /** The image that machines are deployed with. */
  readonly imageId: string;
  readonly joinToken: string;
}

/** Makes the site with its boot network, an SSH key, the image of `streamsUrl` and a join token. */
export async function prepareSite(
  api: ApiClient,
  of: { siteName: string; sshPublicKey: string; streamsUrl: string },
): Promise<PreparedSite> {
  const site = await api.post("/sites", { name: of.siteName }, SiteView);
  // No gateway and no name server: nothing is out there, and being told so beats waiting for it.
  const subnet = await api.post(
    "/subnets",
    { siteId: site.id, cidr: BOOT_NETWORK.cidr, dhcp: true },
    SubnetView,
  );
  const range = { subnetId: subnet.id, kind: "dynamic", ...BOOT_NETWORK.dynamic };
  await api.post("/ip-ranges", range, Anything);
  await api.post("/ssh-keys", { key: of.sshPublicKey }, Anything);
  const imageId = await syncImages(api, of.streamsUrl);
  const path = `/sites/${site.id}/join-tokens`;
  const { token } = await api.post(path, {}, JoinTokenView);
  return { site, imageId, joinToken: token };
}

async function syncImages(api: ApiClient, streamsUrl: string): Promise<string> {
  const source = { name: "lab", url: streamsUrl, keyring: null, syncMinutes: null };
  const { id } = await api.post("/boot-sources", source, BootSourceView);
  let sync = await api.post(`/boot-sources/${id}/sync`, undefined, SyncView);
  const endsMs = performance.now() + SYNC_MS;
  while (sync.state === "running") {
    if (performance.now() > endsMs) throw new Error(`the sync of ${streamsUrl} does not end`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    sync = await api.get(`/image-syncs/${sync.id}`, SyncView);
  }
  if (sync.state !== "done") {
    throw new Error(`the sync of ${streamsUrl} ${sync.state}: ${sync.failure?.message}`);
  }
  const images = await api.get("/images?kind=os", listOf("images", ImageView));
  const os = images[0];
  if (!os) throw new Error(`the sync of ${streamsUrl} brought no operating system`);
  return os.id;
}

/** Makes a key pair at `path` and returns its public half. */
export async function makeSshKey(path: string): Promise<string> {
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rackwright-lab", "-f", path]);
  return (await Deno.readTextFile(`${path}.pub`)).trim();
}
