import { timingSafeEqual } from "node:crypto";
import { base64url } from "jose";
import { z } from "zod";
import { BootPurpose } from "@/shared/machine/boot_plan.ts";
import type { OauthCredentials } from "@/rack-agent/protocol/metadata/oauth.ts";
import { readTextIfPresent, writeFileAtomic } from "@/rack-agent/runtime/atomic_file.ts";

const Entry = z.object({
  consumerKey: z.string(),
  tokenKey: z.string(),
  /** Emptied when the entry ends: an ended secret is of no use to keep. */
  tokenSecret: z.string(),
  /** The machine it was made for. */
  mac: z.string(),
  /** Absent while enlisting: nobody has ordered anything for that machine. */
  operationId: z.string().optional(),
  systemId: z.string().optional(),
  purpose: z.enum([...BootPurpose.options, "installed"]),
  /**
   * offered: made for a boot; given: the machine fetched them; used: it has shown them, so they are
   * not given any more; ended: its work is over.
   */
  state: z.enum(["offered", "given", "used", "ended"]),
});
export type CredentialEntry = Readonly<z.infer<typeof Entry>>;

/** Ended entries that are remembered, so that a late caller hears "gone" and not "unknown". */
const ENDED_MAX = 500;
/** Enlisting machines at once; beyond that the oldest give way. */
const ENLISTING_MAX = 1_000;

/**
 * The machines' credentials for the metadata service, made for one operation each.
 *
 * Kept on disk (mode 0600), because a machine goes on with its work while the agent restarts.
 */
export class CredentialBook {
  readonly #path: string;
  #entries: CredentialEntry[];
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: CredentialEntry[]) {
    this.#path = path;
    this.#entries = entries;
  }

  static async open(folder: string): Promise<CredentialBook> {
    const path = `${folder}/credentials.json`;
    const text = await readTextIfPresent(path);
    return new CredentialBook(path, text ? z.array(Entry).parse(JSON.parse(text)) : []);
  }

  /** Makes credentials for one boot. Those of an earlier boot for the same purpose end. */
  async offer(
    wanted: Pick<CredentialEntry, "mac" | "operationId" | "systemId" | "purpose">,
  ): Promise<CredentialEntry> {
    const entry: CredentialEntry = { ...wanted, ...newSecrets(), state: "offered" };
    const isReplaced = (old: CredentialEntry) =>
      old.mac === wanted.mac && old.purpose === wanted.purpose &&
      old.operationId === wanted.operationId;
    await this.#replace([
      ...this.#entries.map((old) => isReplaced(old) ? ended(old) : old),
      entry,
    ]);
    return entry;
  }

  /**
   * The credentials to give to this machine; undefined when there are none, or no more.
   *
   * cloud-init fetches them twice in one boot, before and after it sets up the network: they are given
   * until they are first used, and then never again.
   */
  offeredTo(mac: string): CredentialEntry | undefined {
    return this.#entries.findLast((entry) =>
      entry.mac === mac && (entry.state === "offered" || entry.state === "given") &&
      entry.purpose !== "installed"
    );
  }

  /** Notes how far an entry has come. */
  async mark(entry: CredentialEntry, state: "given" | "used"): Promise<void> {
    if (entry.state === state) return;
    await this.#replace(
      this.#entries.map((old) => old.tokenKey === entry.tokenKey ? { ...old, state } : old),
    );
  }

  /** Who presents these credentials: an entry (perhaps ended), or undefined when they are not ours. */
  find(presented: OauthCredentials): CredentialEntry | undefined {
    const entry = this.#entries.find(({ tokenKey }) => tokenKey === presented.tokenKey);
    if (!entry || entry.consumerKey !== presented.consumerKey) return undefined;
    // An ended entry has no secret left to compare: its key alone earns only the answer "gone".
    if (entry.state === "ended") return entry;
    return isSameSecret(entry.tokenSecret, presented.tokenSecret) ? entry : undefined;
  }

  /** Ends an operation's credentials: from now on they are answered with "gone". */
  async endOperation(operationId: string): Promise<void> {
    const isMeant = (entry: CredentialEntry) =>
      entry.operationId === operationId && entry.state !== "ended";
    if (!this.#entries.some(isMeant)) return;
    await this.#replace(this.#entries.map((entry) => isMeant(entry) ? ended(entry) : entry));
  }

  /** Ends one entry, such as that of a machine that has enlisted. */
  async end(meant: CredentialEntry): Promise<void> {
    await this.#replace(
      this.#entries.map((entry) => entry.tokenKey === meant.tokenKey ? ended(entry) : entry),
    );
  }

  #replace(entries: CredentialEntry[]): Promise<void> {
    this.#entries = bounded(entries);
    const text = JSON.stringify(this.#entries, null, 1);
    this.#writing = this.#writing.catch(() => {}).then(() => writeFileAtomic(this.#path, text));
    return this.#writing;
  }
}

function ended(entry: CredentialEntry): CredentialEntry {
  return { ...entry, state: "ended", tokenSecret: "" };
}

/** Forgets the oldest of what has no natural end. */
function bounded(entries: CredentialEntry[]): CredentialEntry[] {
  const surplus = (meant: (entry: CredentialEntry) => boolean, max: number) =>
    new Set(entries.filter(meant).slice(0, -max));
  const endedSurplus = surplus(({ state }) => state === "ended", ENDED_MAX);
  const enlistSurplus = surplus(({ purpose }) => purpose === "enlist", ENLISTING_MAX);
  return entries.filter((entry) => !endedSurplus.has(entry) && !enlistSurplus.has(entry));
}

function newSecrets(): Pick<CredentialEntry, "consumerKey" | "tokenKey" | "tokenSecret"> {
  const random = (bytes: number) => base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)));
  return { consumerKey: random(12), tokenKey: random(12), tokenSecret: random(32) };
}

function isSameSecret(a: string, b: string): boolean {
  const [left, right] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
