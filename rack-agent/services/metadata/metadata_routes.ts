import { DomainError } from "@/shared/errors/domain_error.ts";
import type { StateMachine, StateOperation } from "@/shared/contract/site_state.ts";
import { contentUrl } from "@/rack-agent/protocol/boot/kernel_command_line.ts";
import { parseOauthHeader } from "@/rack-agent/protocol/metadata/oauth.ts";
import { installedConfig, preseed } from "@/rack-agent/protocol/metadata/preseed.ts";
import { type WorkerJob, workerUserData } from "@/rack-agent/protocol/metadata/worker_py.ts";
import type { Journal } from "@/rack-agent/runtime/journal.ts";
import type { MachineRequest } from "../http_boot/http_boot_service.ts";
import { filesUrlOf } from "../http_boot/boot_scripts.ts";
import { openSecret } from "../region_sync/site_document.ts";
import type { SiteStore } from "../site_store.ts";
import type { Who } from "../who.ts";
import type { CredentialBook, CredentialEntry } from "./credential_book.ts";
import type { MachineReports } from "./machine_reports.ts";

const METADATA = "/MAAS/metadata";
/** The datasource's own version name; cloud-init appends it to the metadata URL. */
const VERSION = "2012-03-01";

/**
 * The metadata service, in the protocol of cloud-init's MAAS datasource.
 *
 * The preseed carries credentials: it is answered at the beginning of a boot, until they are used, and
 * only to the address leased to the machine that was told to boot. Everything else wants those credentials (OAuth 1.0 PLAINTEXT).
 */
export class MetadataRoutes {
  constructor(
    private readonly deps: {
      readonly store: SiteStore;
      readonly journal: Journal;
      readonly who: Who;
      readonly credentials: CredentialBook;
      readonly reports: MachineReports;
      readonly siteKey: () => string;
      readonly filesPort: number;
    },
  ) {}

  async handle(incoming: MachineRequest): Promise<Response> {
    const { request, url } = incoming;
    const path = url.pathname.slice(METADATA.length);
    if (request.method === "GET" && /^\/latest\/(by-id\/[^/]+|enlist-preseed)\/$/.test(path)) {
      return await this.#preseed(incoming, /by-id\/([^/]+)/.exec(path)?.[1]);
    }
    const entry = this.#authenticate(request);
    if (request.method === "POST" && path.startsWith("/status/")) {
      return await this.deps.reports.statusEvent(request, entry);
    }
    if (request.method === "POST" && path === `/${VERSION}/`) {
      return await this.deps.reports.signal(request, entry);
    }
    const item = new RegExp(`^/(?:${VERSION}|latest)/(meta-data/[a-z-]+|user-data)/?$`).exec(path);
    if (request.method === "GET" && item?.[1]) {
      await this.deps.credentials.mark(entry, "used");
      return await this.#item(item[1], entry, url.origin);
    }
    throw notFound(path);
  }

  async #preseed({ url, ipv4 }: MachineRequest, systemId: string | undefined): Promise<Response> {
    const { who, credentials, journal } = this.deps;
    const mac = who.macAt(ipv4);
    const entry = mac && credentials.offeredTo(mac);
    if (!entry || entry.systemId !== systemId) throw notExpected(ipv4);
    await credentials.mark(entry, "given");
    const { purpose } = entry;
    if (entry.state === "offered") {
      journal.append({ kind: "metadata.served", purpose, ipv4, ...who.subject(mac) });
    }
    return text(preseed({ ...urls(url.origin, entry), credentials: entry }));
  }

  #authenticate(request: Request): CredentialEntry {
    const presented = parseOauthHeader(request.headers.get("authorization"));
    const entry = presented && this.deps.credentials.find(presented);
    if (!entry || entry.state === "offered") {
      throw new DomainError({
        kind: "unauthenticated",
        code: "metadata.unauthenticated",
        message: "these are not the credentials of a machine that is being worked on",
      });
    }
    if (entry.state === "ended") {
      throw new DomainError({
        kind: "gone",
        code: "metadata.operation_over",
        message: "the operation that these credentials were made for is over",
      });
    }
    return entry;
  }

  async #item(item: string, entry: CredentialEntry, origin: string): Promise<Response> {
    const operation = this.#operationOf(entry);
    const machine = entry.systemId ? this.deps.store.machine(entry.systemId) : undefined;
    switch (item) {
      case "meta-data/instance-id":
        return text(
          `${entry.systemId ?? entry.mac}-${entry.operationId ?? "enlist"}-${entry.purpose}`,
        );
      case "meta-data/local-hostname":
        return text(machine?.hostname ?? `enlisting-${entry.mac.replaceAll(":", "")}`);
      case "meta-data/public-keys":
        return text((operation?.sshKeys ?? machine?.rescue?.sshKeys ?? []).join("\n"));
      case "user-data":
        return await this.#userData(entry, operation, origin);
      default:
        throw notFound(item);
    }
  }

  async #userData(
    entry: CredentialEntry,
    operation: StateOperation | undefined,
    origin: string,
  ): Promise<Response> {
    if (entry.purpose === "installed") {
      if (!operation?.sealedUserData) throw notFound("user-data");
      return text(await openSecret(operation.sealedUserData, this.deps.siteKey()));
    }
    const job: WorkerJob = {
      purpose: entry.purpose,
      signalUrl: `${origin}${METADATA}/${VERSION}/`,
      consumerKey: entry.consumerKey,
      tokenKey: entry.tokenKey,
      tokenSecret: entry.tokenSecret,
      ...(entry.purpose === "install" ? await this.#installJob(entry, operation, origin) : {}),
      ...workOf(operation, origin),
      makesBmcUser: makesBmcUser(entry, this.deps.store.machine(entry.systemId ?? "")),
    };
    return text(workerUserData(job));
  }

  /** What the install plan needs to know of this site; its own credentials are for the disk. */
  async #installJob(
    entry: CredentialEntry,
    operation: StateOperation | undefined,
    origin: string,
  ): Promise<Pick<WorkerJob, "script" | "environment">> {
    const { store, credentials, filesPort } = this.deps;
    const filesUrl = filesUrlOf(new URL(origin), filesPort);
    const image = store.state?.images.find(({ id }) => id === operation?.imageId);
    const file = operation?.installFile ?? image?.squashfs;
    if (!operation?.installScript || !file) throw notFound("install plan");
    const { mac, operationId, systemId } = entry;
    const installed = await credentials.offer({ mac, operationId, systemId, purpose: "installed" });
    await credentials.mark(installed, "given");
    return {
      script: operation.installScript,
      environment: {
        RACKWRIGHT_IMAGE_URL: contentUrl(filesUrl, file.sha256, "image"),
        RACKWRIGHT_IMAGE_SHA256: file.sha256,
        RACKWRIGHT_CLOUD_CONFIG: installedConfig({
          ...urls(origin, installed),
          credentials: installed,
        }),
      },
    };
  }

  #operationOf(entry: CredentialEntry): StateOperation | undefined {
    return this.deps.store.state?.operations.find(({ id }) => id === entry.operationId);
  }
}

/** Nobody has said how the machine is switched; a person's word, even "by hand", is left alone. */
function makesBmcUser(
  { purpose }: CredentialEntry,
  machine: StateMachine | undefined,
): boolean | undefined {
  const isAsked = purpose === "enlist" || purpose === "commission";
  return isAsked && !machine?.bmc && !machine?.power ? true : undefined;
}

/** What the operation wants done, and what follows it. */
function workOf(
  operation: StateOperation | undefined,
  origin: string,
): Pick<WorkerJob, "scripts" | "erase" | "afterwards"> {
  const { scripts, erase, plan } = operation ?? {};
  return {
    scripts: scripts?.map(({ file: { sha256 }, name, timeoutSeconds, parallel }) => {
      const url = `${origin}/images/${sha256}/script`;
      return { name, url, sha256, timeoutSeconds, parallel };
    }),
    erase,
    afterwards: plan?.afterwards,
  };
}

function urls(origin: string, entry: CredentialEntry) {
  return {
    metadataUrl: `${origin}${METADATA}/`,
    statusUrl: `${origin}${METADATA}/status/${entry.systemId ?? "enlisting"}`,
  };
}

function text(body: string): Response {
  return new Response(body, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

function notFound(what: string): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "metadata.not_found",
    message: `there is no ${what.slice(0, 100)} for this machine`,
  });
}

/** The same answer to everybody, so that nobody learns which machines are being worked on. */
function notExpected(ipv4: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    code: "metadata.not_expected",
    message: `no machine at ${ipv4} is expected to fetch its configuration now`,
  });
}
