import { redfishFault, refusal, unreadable, wrongPassword } from "./faults.ts";
import { readExtendedInfo } from "./extended_info.ts";
import { isPath, type Json, linkOf, parseObject } from "./json.ts";
import { originOf, type RedfishLogin } from "./login.ts";
import type { Conversation, RedfishAnswer, RedfishAuth, RedfishRequest } from "./message.ts";
import { readServiceRoot, ROOT_PATH, type ServiceRoot } from "./service_root.ts";

/** One BMC, and what was learnt of it so far; conversations fill it in, one at a time. */
export interface Talk {
  readonly login: RedfishLogin;
  root?: ServiceRoot;
  /** Absent: nobody has logged in yet. Holds a token: never print it. */
  auth?: RedfishAuth;
  /** Of the session that `auth` names; absent: there is none to end. */
  sessionPath?: string;
  /** Path of the machine among the BMC's systems. */
  systemPath?: string;
}

/** A request without the credentials. */
export type Ask = Omit<RedfishRequest, "auth">;

const REDIRECTS_MAX = 3;

/** Logs in when nobody has, asks, and logs in again, once, when the BMC has forgotten the session. */
export function* ask(talk: Talk, request: Ask): Conversation<RedfishAnswer> {
  if (!talk.auth) yield* logIn(talk);
  const answer = yield* follow(talk, { ...request, auth: authOf(talk) });
  if (answer.status !== 401) return answer;
  if (talk.auth?.kind !== "session") throw wrongPassword(talk.login);
  talk.auth = undefined;
  talk.sessionPath = undefined;
  yield* logIn(talk);
  return yield* follow(talk, { ...request, auth: authOf(talk) });
}

/** The object at a path. Throws what the BMC's refusal means. */
export function* read(talk: Talk, path: string, purpose: string): Conversation<Json> {
  return (yield* readWithTag(talk, path, purpose)).body;
}

export function* readWithTag(
  talk: Talk,
  path: string,
  purpose: string,
): Conversation<{ body: Json; etag: string | undefined }> {
  const request: Ask = { method: "GET", path, purpose };
  const answer = yield* ask(talk, request);
  if (!isSuccess(answer)) throw refusal(talk.login, { ...request, auth: authOf(talk) }, answer);
  const body = parseObject(answer.text);
  if (!body) throw unreadable(talk.login, purpose, "it is not a JSON object");
  const inBody = body["@odata.etag"];
  const etag = answer.headers["etag"] ?? (typeof inBody === "string" ? inBody : undefined);
  return { body, etag };
}

/** Changes something; throws what a refusal means. */
export function* order(talk: Talk, request: Ask): Conversation<RedfishAnswer> {
  const answer = yield* ask(talk, request);
  if (isSuccess(answer)) return answer;
  throw refusal(talk.login, { ...request, auth: authOf(talk) }, answer);
}

export function isSuccess({ status }: RedfishAnswer): boolean {
  return status >= 200 && status < 300;
}

const PAGES_MAX = 16;
const MEMBERS_MAX = 1000;

/** Paths of a collection's members, DSP0266 §8.4.4; all pages of it, within bounds. */
export function* members(talk: Talk, path: string, purpose: string): Conversation<string[]> {
  const found = new Set<string>();
  let next: string | undefined = path;
  for (let pages = 0; next !== undefined; pages++) {
    if (pages === PAGES_MAX || found.size > MEMBERS_MAX) {
      throw redfishFault(
        talk.login,
        "bmc.too_many_pages",
        `was asked to ${purpose} and goes on and on: more than ${PAGES_MAX} pages or ` +
          `${MEMBERS_MAX} members; update its firmware`,
      );
    }
    const body: Json = yield* read(talk, next, purpose);
    const listed = body["Members"];
    if (!Array.isArray(listed)) throw unreadable(talk.login, purpose, "it has no Members");
    for (const member of listed) {
      const link = typeof member === "object" && member !== null ? linkOf(member as Json) : null;
      if (link) found.add(link);
    }
    const more: unknown = body["Members@odata.nextLink"];
    next = typeof more === "string" && isPath(more) ? more : undefined;
  }
  return [...found];
}

/** The service root, which needs no login; asked for once. */
export function* serviceRoot(talk: Talk): Conversation<ServiceRoot> {
  if (talk.root) return talk.root;
  const request = {
    method: "GET",
    path: ROOT_PATH,
    auth: { kind: "none" },
    purpose: "name its services",
  } as const;
  let answer = yield* follow(talk, request);
  if (answer.status === 401) answer = yield* follow(talk, { ...request, auth: { kind: "basic" } });
  if (answer.status === 429 || answer.status >= 500) throw refusal(talk.login, request, answer);
  const root = isSuccess(answer) ? readServiceRoot(parseObject(answer.text)) : undefined;
  if (!root) {
    throw redfishFault(
      talk.login,
      "bmc.not_redfish",
      `answers by HTTPS but has no Redfish service at ${ROOT_PATH} (HTTP status ` +
        `${answer.status}); enable Redfish in it, or choose IPMI`,
    );
  }
  talk.root = root;
  return root;
}

/** Opens a session, or falls back to basic authentication where there are none or too many. */
function* logIn(talk: Talk): Conversation<void> {
  const { login } = talk;
  const root = yield* serviceRoot(talk);
  const request = {
    method: "POST",
    path: root.sessions,
    body: { UserName: login.username, Password: login.password },
    auth: { kind: "none" },
    purpose: "open a session",
  } as const;
  const answer = yield* follow(talk, request);
  const token = answer.headers["x-auth-token"];
  if (isSuccess(answer) && token && /^[\x21-\x7e]{1,4096}$/.test(token)) {
    talk.auth = { kind: "session", token };
    talk.sessionPath = sessionPathOf(talk, answer);
    return;
  }
  if (answer.status === 401 || answer.status === 403) throw wrongPassword(login);
  if (!isSuccess(answer) && !mayUseBasic(answer)) throw refusal(login, request, answer);
  talk.auth = { kind: "basic" };
}

function mayUseBasic(answer: RedfishAnswer): boolean {
  return [404, 405, 501, 503].includes(answer.status) ||
    readExtendedInfo(answer.text).some(({ id }) => id === "SessionLimitExceeded");
}

function sessionPathOf({ login }: Talk, answer: RedfishAnswer): string | undefined {
  const path = pathOnHost(login, answer.headers["location"] ?? "");
  if (path !== undefined) return path;
  const body = parseObject(answer.text);
  return body && linkOf(body);
}

/** Ends the session; nothing to do when there is none. */
export function* logOut(talk: Talk): Conversation<void> {
  const { auth, sessionPath: path } = talk;
  talk.auth = undefined;
  talk.sessionPath = undefined;
  if (auth?.kind !== "session" || path === undefined) return;
  yield { method: "DELETE", path, auth, purpose: "end the session" };
}

/** A request and the redirections that stay on the host. */
function* follow(talk: Talk, request: RedfishRequest): Conversation<RedfishAnswer> {
  let path = request.path;
  for (let redirects = 0;; redirects++) {
    const answer: RedfishAnswer = yield { ...request, path };
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    const location = answer.headers["location"] ?? "";
    const next = pathOnHost(talk.login, location);
    if (next === undefined || redirects === REDIRECTS_MAX) {
      throw redfishFault(
        talk.login,
        "bmc.redirected",
        next === undefined
          ? "sends its callers to another host; enter the address of that BMC instead, if it is one"
          : `redirects more than ${REDIRECTS_MAX} times; update its firmware`,
        { value: location.slice(0, 200) },
      );
    }
    path = next;
  }
}

/** The path of a URL that stays on the BMC's own origin; undefined for any other. */
function pathOnHost(login: RedfishLogin, location: string): string | undefined {
  const origin = originOf(login);
  if (location === "" || !URL.canParse(location, origin)) return undefined;
  const url = new URL(location, origin);
  const path = url.pathname + url.search;
  return url.origin === new URL(origin).origin && isPath(path) ? path : undefined;
}

/** Whoever is logged in; asked for only after `logIn`. */
function authOf(talk: Talk): RedfishAuth {
  return talk.auth ?? { kind: "none" };
}
