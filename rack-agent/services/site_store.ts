import type { SiteState, StateMachine, StateOperation } from "@/shared/contract/site_state.ts";
import { type MacAddress, parseMacAddress } from "@/shared/net/mac_address.ts";
import { readTextIfPresent, writeFileAtomic } from "@/rack-agent/runtime/atomic_file.ts";
import { openSiteDocument } from "./region_sync/site_document.ts";
import type { Identity } from "./region_sync/identity.ts";

type Listener = (state: SiteState) => void;

/**
 * The site's desired state that is in force, on disk and in memory.
 *
 * A document is verified first, then written, then applied; one that fails changes nothing. After a
 * restart the copy on disk is verified again and serves, however long the region is away.
 */
export class SiteStore {
  readonly #folder: string;
  readonly #identity: () => Identity;
  #state: SiteState | undefined;
  #etag: string | undefined;
  #machineByMac = new Map<MacAddress, StateMachine>();
  readonly #listeners = new Set<Listener>();

  constructor(folder: string, identity: () => Identity) {
    this.#folder = folder;
    this.#identity = identity;
  }

  get state(): SiteState | undefined {
    return this.#state;
  }

  /** Of the document in force, as the region sent it; for the next conditional request. */
  get etag(): string | undefined {
    return this.#etag;
  }

  /** Applies the copy on disk, if there is one. */
  async load(): Promise<void> {
    const text = await readTextIfPresent(this.#path());
    if (text === undefined) return;
    const [etag = "", jws = ""] = text.split("\n");
    this.#take(await this.#open(jws), etag);
  }

  /** Verifies, stores and applies a document; throws what `openSiteDocument` throws. */
  async accept(jws: string, etag: string): Promise<SiteState> {
    const state = await this.#open(jws);
    await writeFileAtomic(this.#path(), `${etag}\n${jws}\n`);
    this.#take(state, etag);
    return state;
  }

  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  machineOf(mac: MacAddress): StateMachine | undefined {
    return this.#machineByMac.get(mac);
  }

  machine(systemId: string): StateMachine | undefined {
    return this.#state?.machines.find((machine) => machine.systemId === systemId);
  }

  /** The operation the document holds for a machine; it may have ended here already. */
  operationOf(systemId: string): StateOperation | undefined {
    return this.#state?.operations.find((operation) => operation.systemId === systemId);
  }

  async #open(jws: string): Promise<SiteState> {
    const { site, regionKeys } = this.#identity();
    const atLeast = this.#state?.generation ?? 0;
    return await openSiteDocument(jws, { siteId: site.id, regionKeys, atLeast });
  }

  #take(state: SiteState, etag: string): void {
    this.#state = state;
    this.#etag = etag;
    this.#machineByMac = new Map(
      state.machines.flatMap((machine) =>
        machine.macs.map((mac) => [parseMacAddress(mac), machine] as const)
      ),
    );
    for (const listener of this.#listeners) listener(state);
  }

  #path(): string {
    return `${this.#folder}/site_state.jws`;
  }
}
