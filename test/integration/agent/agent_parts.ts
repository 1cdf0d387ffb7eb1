import { createHash } from "node:crypto";
import {
  base64url,
  CompactEncrypt,
  CompactSign,
  exportJWK,
  generateKeyPair,
  importJWK,
} from "jose";
import type { SiteState, StateOperation } from "@/shared/contract/site_state.ts";
import type { PowerOrder } from "@/shared/machine/boot_plan.ts";
import { bootPlanFor } from "@/shared/machine/boot_plans.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";
import type { Clock } from "@/rack-agent/runtime/clock.ts";
import { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import { Journal } from "@/rack-agent/runtime/journal.ts";
import { Outbox } from "@/rack-agent/runtime/outbox.ts";
import { BootScripts } from "@/rack-agent/services/http_boot/boot_scripts.ts";
import { HttpBootService } from "@/rack-agent/services/http_boot/http_boot_service.ts";
import { CredentialBook } from "@/rack-agent/services/metadata/credential_book.ts";
import { MachineReports } from "@/rack-agent/services/metadata/machine_reports.ts";
import { MetadataRoutes } from "@/rack-agent/services/metadata/metadata_routes.ts";
import { OperationsService } from "@/rack-agent/services/operations_service.ts";
import type { Identity } from "@/rack-agent/services/region_sync/identity.ts";
import { sealSecret } from "@/rack-agent/services/region_sync/site_document.ts";
import { SiteStore } from "@/rack-agent/services/site_store.ts";
import { Who } from "@/rack-agent/services/who.ts";

export const MAC = parseMacAddress("52:54:00:00:00:01");
export const CONTENT = {
  kernel: new TextEncoder().encode("the kernel"),
  initrd: new TextEncoder().encode("the initrd"),
  squashfs: new TextEncoder().encode("the root image, somewhat longer than the others"),
  bootFile: new TextEncoder().encode("the boot program"),
};

export function contentFile(bytes: Uint8Array) {
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

/** A site with one machine, `abc234`, and what operations the test wants. */
export function siteState(over: Partial<SiteState> = {}): SiteState {
  return {
    site: { id: "s-1", name: "one" },
    generation: 1,
    issuedAt: "2026-01-01T00:00:00Z",
    subnets: [],
    machines: [{
      systemId: "abc234",
      hostname: "node-1",
      architecture: "amd64",
      macs: [MAC],
      reservations: [],
      bmc: { kind: "ipmi", address: "192.0.2.1", port: 623, username: "u", sealedPassword: "x" },
      boot: "power_off",
    }],
    operations: [],
    images: [{
      id: "debian",
      title: "Debian 12",
      architecture: "amd64",
      kernel: contentFile(CONTENT.kernel),
      initrd: contentFile(CONTENT.initrd),
      squashfs: contentFile(CONTENT.squashfs),
      kernelOptions: "",
    }],
    bootFiles: [{ name: "undionly.kpxe", file: contentFile(CONTENT.bootFile) }],
    otherReservations: [],
    enlistImageId: "debian",
    ...over,
  };
}

export function deployOrder(over: Partial<StateOperation> = {}): StateOperation {
  const plan = bootPlanFor("deploy", { hasBmc: true });
  if (!plan) throw new Error("a deploy has a plan");
  return {
    id: "o-1",
    kind: "deploy",
    systemId: "abc234",
    askedAt: "2026-01-01T00:00:00Z",
    plan,
    imageId: "debian",
    installScript: "#!/bin/sh\necho installing\n",
    sshKeys: ["ssh-ed25519 AAAA operator"],
    ...over,
  };
}

/** A region's keys, so that documents are signed and secrets sealed as the region does it. */
export async function makeRegion() {
  const pair = await generateKeyPair("EdDSA", { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const key = await importJWK(jwk, "EdDSA");
  const siteKey = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  const identity: Identity = {
    agentId: "a-1",
    site: { id: "s-1", name: "one" },
    regionUrl: "http://127.0.0.1:1",
    signingKey: { kty: "OKP", crv: "Ed25519", x: "", d: "" },
    encryptionKey: { kty: "OKP", crv: "X25519", x: "", d: "" },
    regionKeys: [{ kid: "k1", kty: "OKP", crv: "Ed25519", x: jwk.x ?? "" }],
    siteKey,
    credential: "",
    credentialExpiresAt: "2030-01-01T00:00:00Z",
  };
  return {
    identity,
    signState: (state: SiteState) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(state)))
        .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "rw-state+jws" }).sign(key),
    seal: (text: string) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(base64url.decode(siteKey)),
  };
}

export type TestAgent = Awaited<ReturnType<typeof startAgent>>;

/**
 * The agent's parts behind HTTP, on loopback, with leases and power in the test's hands.
 *
 * With `known`, it starts as after a restart: from what is on disk, under the same region.
 */
export async function startAgent(
  folder: string,
  clock: Clock,
  known?: Awaited<ReturnType<typeof makeRegion>>,
) {
  const region = known ?? await makeRegion();
  for (const part of ["cache", "outbox"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
  }
  const journal = await Journal.open(folder, clock);
  const credentials = await CredentialBook.open(folder);
  const store = new SiteStore(folder, () => region.identity);
  const outbox = new Outbox(`${folder}/outbox`);
  const leases = new Map<string, MacAddress>();
  const powerOrders: PowerOrder[] = [];
  const power = {
    cutOffSinceMs: undefined as number | undefined,
    answer: (): Promise<{ state: "on" | "off" }> => Promise.resolve({ state: "on" }),
  };
  const logged: string[] = [];
  const log = (event: string, fields = {}) => logged.push(JSON.stringify({ event, ...fields }));
  let origin = 0;
  const cache = new ContentCache({
    folder: `${folder}/cache`,
    fetcher: ({ sha256 }) => {
      origin++;
      const bytes = Object.values(CONTENT).find((one) => contentFile(one).sha256 === sha256);
      return Promise.resolve(ReadableStream.from(bytes ? [bytes] : []));
    },
    onCached: () => {},
  });
  const operations = new OperationsService({
    agentId: region.identity.agentId,
    unreachableSinceMs: () => power.cutOffSinceMs,
    store,
    journal,
    clock,
    log,
    power: (_machine, order) => {
      powerOrders.push(order);
      return power.answer();
    },
    onEnded: (id) => credentials.endOperation(id),
  });
  const who = new Who({ store, operations, macOfLease: (ipv4) => leases.get(ipv4) });
  const reports = new MachineReports({
    journal,
    credentials,
    outbox,
    log,
    seal: (secret) =>
      sealSecret(secret, { siteId: region.identity.site.id, siteKey: region.identity.siteKey }),
    addressOf: (mac) => [...leases].find(([, holder]) => holder === mac)?.[0],
  });
  const port = freePort();
  const http = new HttpBootService({
    port,
    store,
    cache,
    journal,
    who,
    log,
    scripts: new BootScripts({ store, operations, credentials, journal, who, filesPort: port }),
    metadata: new MetadataRoutes({
      store,
      journal,
      who,
      credentials,
      reports,
      siteKey: () => region.identity.siteKey,
      filesPort: port,
    }),
    nowMs: clock.nowMs,
  });
  await store.load();
  await http.start();
  await operations.start();
  let generation = 0;
  return {
    url: `http://127.0.0.1:${port}`,
    journal,
    leases,
    powerOrders,
    power,
    logged,
    outbox,
    region,
    originFetches: () => origin,
    /** Puts a state in force, as if the region had just published it. */
    async apply(over: Partial<SiteState> = {}) {
      const state = siteState({ ...over, generation: ++generation });
      await store.accept(await region.signState(state), `"${generation}"`);
    },
    async stop() {
      await operations.stop();
      await http.stop();
      await journal.close();
    },
  };
}

/** A port that was free a moment ago. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr; // a TCP listener's address is one
  listener.close();
  return port;
}
