/** Something that a person has to do something about. */
export interface Condition {
  /** Its kind and what it is about: the same condition has the same. */
  readonly ident: string;
  readonly category: "warning" | "error";
  /** What is wrong and what to do. */
  readonly message: string;
  readonly context: Readonly<Record<string, string | number>>;
}

/** An agent renews its credential after two thirds of a day at the latest, if it has nothing to tell. */
const QUIET_MS_MAX = 26 * 3_600_000;
/** So long an agent may take to have a document that was published. */
const TAKE_MS = 2 * 60_000;

/** Polls are written down every few minutes only; a setting below this would cry wolf. */
const SEEN_MS_MAX = 10 * 60_000;

/**
 * A site that is gone: no agent of it was seen polling. Where polls have never been written down, it
 * is gone when it has not taken a document that waits for it, or has not even renewed a credential:
 * an idle one reports nothing for hours.
 */
export function siteSilence(
  site: {
    readonly id: string;
    readonly name: string;
    readonly publishedAt: Date | null;
    readonly heardAt: Date;
    /** When any agent of it last polled, to some minutes. */
    readonly seenAt?: Date;
  },
  { now, silentMinutes }: { now: Date; silentMinutes: number },
): Condition[] {
  const heardMs = Math.max(site.heardAt.getTime(), site.seenAt?.getTime() ?? 0);
  const silentMs = silentMinutes * 60_000;
  const isGone = site.seenAt
    ? now.getTime() - heardMs > Math.max(silentMs, SEEN_MS_MAX)
    : hasNotTaken(site, { nowMs: now.getTime(), silentMs });
  if (!isGone) return [];
  return [{
    ident: silenceIdent(site.id),
    category: "error",
    message:
      `${site.name} has not been heard of since ${new Date(heardMs).toISOString()}; look whether ` +
      "its agent runs and reaches the region. The site goes on with what it has",
    context: { siteId: site.id },
  }];
}

export function silenceIdent(siteId: string): string {
  return `site.silent/${siteId}`;
}

function hasNotTaken(
  { publishedAt, heardAt }: { readonly publishedAt: Date | null; readonly heardAt: Date },
  { nowMs, silentMs }: { nowMs: number; silentMs: number },
): boolean {
  const quietMs = nowMs - heardAt.getTime();
  const publishedMs = publishedAt?.getTime() ?? 0;
  const isBehind = publishedMs > heardAt.getTime() && nowMs - publishedMs > TAKE_MS;
  return isBehind && quietMs > silentMs || quietMs > QUIET_MS_MAX;
}

/** The region serves the two minor versions before its own. */
const MINORS_SERVED = 2;

/** An agent that is too old to be served for much longer, or at all. */
export function agentTooOld(
  agent: {
    readonly id: string;
    readonly siteId: string;
    readonly hostname: string;
    readonly version: string;
  },
  regionVersion: string,
): Condition[] {
  const [ours, theirs] = [parseVersion(regionVersion), parseVersion(agent.version)];
  // One that nobody can read is not one of ours: of a build of somebody's own.
  if (!ours || !theirs) return [];
  const isOld = theirs.major < ours.major ||
    theirs.major === ours.major && theirs.minor < ours.minor - MINORS_SERVED;
  if (!isOld) return [];
  return [{
    ident: `agent.too_old/${agent.id}`,
    category: "warning",
    message:
      `the agent on ${agent.hostname} is ${agent.version}, and the region ${regionVersion} ` +
      `serves ${MINORS_SERVED} versions back; install a newer agent there`,
    context: { agentId: agent.id, siteId: agent.siteId },
  }];
}

/** A seal key that was begun to be replaced, and is not. */
export function rotationPending(retiredKeyIds: readonly string[]): Condition[] {
  if (retiredKeyIds.length === 0) return [];
  return [{
    ident: "secrets.rotation_pending",
    category: "warning",
    message: `the replacement of the key ${retiredKeyIds.join(", ")} was interrupted; stop the ` +
      "region and run rotate-secrets again, then back up secrets.json",
    context: { keyId: retiredKeyIds.join(", ") },
  }];
}

/** A dynamic range with few addresses left; `use` has been found to be over the limit. */
export function rangeNearlyFull(
  use: {
    readonly subnetId: number;
    readonly siteId: string;
    readonly cidr: string;
    readonly size: number;
    readonly used: number;
  },
): Condition {
  const { subnetId, siteId, cidr, size, used } = use;
  return {
    ident: `subnet.nearly_full/${subnetId}`,
    category: used >= size ? "error" : "warning",
    message: `${used} of the ${size} dynamic addresses of ${cidr} are taken; make the range ` +
      "larger, or machines that nobody promised an address get none",
    context: { subnetId, siteId },
  };
}

/** A receiver that failed for days. */
export function webhookSwitchedOff(
  { id, host, because }: { id: number; host: string; because: string },
): Condition {
  return {
    ident: `webhook.switched_off/${id}`,
    category: "warning",
    message: `webhook ${id} to ${host} is switched off: ${because}; mend the receiver and switch ` +
      "it on, or remove it",
    context: { webhookId: id },
  };
}

/** What an agent warned of; it warns again for as long as it lasts. */
export function siteAlarm(
  alarm: { siteId: string; siteName: string; code: string; message: string },
): Condition {
  const { siteId, siteName, code, message } = alarm;
  return {
    ident: `site.alarm/${siteId}/${code}`,
    category: "warning",
    message: `${siteName}: ${message}`,
    context: { siteId, code },
  };
}

function parseVersion(text: string): { major: number; minor: number } | undefined {
  const [, major, minor] = /^(\d{1,6})\.(\d{1,6})\.\d{1,6}/.exec(text) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
