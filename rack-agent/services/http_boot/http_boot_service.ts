import { parseMacAddress } from "@/shared/net/mac_address.ts";
import { PROBLEM_STATUS } from "@/shared/contract/problem.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { ContentCache } from "@/rack-agent/runtime/content_cache.ts";
import type { Journal } from "@/rack-agent/runtime/journal.ts";
import { errorText, type Log } from "@/rack-agent/runtime/log.ts";
import type { Service } from "@/rack-agent/runtime/service.ts";
import type { MetadataRoutes } from "../metadata/metadata_routes.ts";
import type { SiteStore } from "../site_store.ts";
import type { Who } from "../who.ts";
import { contentOf } from "../site_content.ts";
import type { BootScripts } from "./boot_scripts.ts";
import { fileResponse } from "./file_response.ts";

export interface HttpBootDeps {
  readonly port: number;
  readonly store: SiteStore;
  readonly cache: ContentCache;
  readonly journal: Journal;
  readonly who: Who;
  readonly log: Log;
  readonly scripts: BootScripts;
  readonly metadata: MetadataRoutes;
  readonly nowMs: () => number;
}

/** What a machine's request carries into a handler. */
export interface MachineRequest {
  readonly request: Request;
  readonly url: URL;
  /** Where it came from, as text. */
  readonly ipv4: string;
}

/**
 * HTTP for machines: boot scripts, boot files, images, and the metadata service.
 *
 * Plain HTTP, as firmware and iPXE speak it; what is secret goes only to the address that is leased
 * to the machine it is for.
 */
export class HttpBootService implements Service {
  readonly name = "HTTP boot";
  readonly counters = { requests: 0, refused: 0, bytes: 0 };
  readonly #deps: HttpBootDeps;
  #server: Deno.HttpServer | undefined;

  constructor(deps: HttpBootDeps) {
    this.#deps = deps;
  }

  start(): Promise<void> {
    this.#server = Deno.serve({
      hostname: "0.0.0.0",
      port: this.#deps.port,
      onListen: () => {},
      handler: (request, info) => this.#handle(request, info.remoteAddr.hostname),
    });
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.shutdown();
  }

  async #handle(request: Request, ipv4: string): Promise<Response> {
    this.counters.requests++;
    try {
      const url = new URL(request.url);
      return await this.#route({ request, url, ipv4 });
    } catch (error) {
      this.counters.refused++;
      return refusal(error, this.#deps.log);
    }
  }

  async #route(incoming: MachineRequest): Promise<Response> {
    const { request, url } = incoming;
    if (url.pathname.startsWith("/MAAS/metadata/")) {
      return await this.#deps.metadata.handle(incoming);
    }
    if (request.method !== "GET" && request.method !== "HEAD") throw notFound(url.pathname);
    const script = /^\/boot\/([^/]+)\/ipxe$/.exec(url.pathname);
    if (script?.[1]) {
      const mac = parseMacAddress(decodeURIComponent(script[1]));
      return await this.#deps.scripts.answer(incoming, mac);
    }
    return await this.#file(incoming);
  }

  /** `/images/<sha256>/<name>`, or `/files/<name>` for the first programs that firmware loads. */
  async #file({ request, url, ipv4 }: MachineRequest): Promise<Response> {
    const startedMs = this.#deps.nowMs();
    const content = this.#contentAt(url.pathname);
    if (!content) throw notFound(url.pathname);
    const path = await this.#deps.cache.ensure(content);
    const file = { path, bytes: content.bytes, etag: content.sha256 };
    return await fileResponse(request, file, (bytes) => {
      this.counters.bytes += bytes;
      const mac = this.#deps.who.macAt(ipv4);
      this.#deps.journal.append({
        kind: "file.served",
        protocol: "http",
        path: url.pathname.slice(0, 200),
        bytes,
        durationMs: this.#deps.nowMs() - startedMs,
        ipv4,
        ...(mac ? this.#deps.who.subject(mac) : {}),
      });
    });
  }

  #contentAt(pathname: string) {
    const { state } = this.#deps.store;
    const image = /^\/images\/([0-9a-f]{64})(?:\/[\w.-]+)?$/.exec(pathname);
    if (image) return contentOf(state).find(({ sha256 }) => sha256 === image[1]);
    const name = /^\/files\/([\w.-]+)$/.exec(pathname)?.[1];
    return state?.bootFiles.find((bootFile) => bootFile.name === name)?.file;
  }
}

function notFound(path: string): DomainError {
  return new DomainError({
    kind: "not_found",
    code: "file.not_found",
    message: `file not found: ${path.slice(0, 200)}`,
  });
}

/** What a failure is answered with; a bug leaks no detail. */
function refusal(error: unknown, log: Log): Response {
  if (error instanceof URIError) return refusal(notFound("(malformed escape)"), log);
  if (!(error instanceof DomainError)) {
    log("http.broken", { reason: errorText(error) });
    return Response.json({ status: 500, code: "internal", detail: "Internal error" }, {
      status: 500,
    });
  }
  const status = PROBLEM_STATUS[error.kind];
  log("http.refused", { status, code: error.code, reason: error.message });
  return Response.json({ status, code: error.code, detail: error.message }, {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
