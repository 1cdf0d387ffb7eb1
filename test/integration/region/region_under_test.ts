import type { RegionContext } from "@/region/context.ts";
import { createTestDatabase } from "@/region/db/test_database.ts";
import { insertApiKey } from "@/region/db/queries/api_keys.ts";
import { insertUser } from "@/region/db/queries/users.ts";
import { createHub } from "@/region/hub.ts";
import { makeApiKey } from "@/region/services/identity/access_tokens.ts";
import { hashPassword } from "@/region/services/identity/password.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
import { openTestHome } from "@/test/homes/test_home.ts";
import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";

/** What a request was answered with. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- tests assert on what they expect to be there
  readonly body: any;
  readonly headers: Headers;
  readonly text: string;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** A role, the text of a bearer token, or null for nobody. */
  readonly as?: Role | null | { token: string };
  readonly headers?: Record<string, string>;
  /** Where the home says that the request came from. */
  readonly from?: string;
}

export interface RegionUnderTest {
  readonly ctx: RegionContext;
  /** As Hono's `app.request`, in the home that this run is for. */
  request(path: string, init?: RequestInit, from?: string): Promise<Response>;
  /** `GET /api/v1/sites` and the like; as an admin unless told otherwise. */
  call(route: string, options?: RequestOptions): Promise<Answer>;
  /** The API key of one more user of this role. */
  addUser(role: Role): Promise<string>;
  readonly logged: { event: string; fields?: Record<string, unknown> }[];
  advance(ms: number): void;
  stop(): Promise<void>;
}

export const PASSWORD = "correct horse";

/** The real app on a real database and a real store; one user of each role, named after it. */
export async function startRegionUnderTest(
  settings: Pick<RegionContext, "webhookHosts" | "oidcHosts"> = {},
): Promise<RegionUnderTest> {
  const database = await createTestDatabase();
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const logged: RegionUnderTest["logged"] = [];
  let nowMs = Date.parse("2026-01-02T03:04:05.678Z");
  const parts = {
    secrets: await makeRegionSecrets(randomBytes),
    publicUrl: "https://region.example.com",
    ...settings,
  };
  const home = await openTestHome({ ...parts, address: database.address });
  const ctx: RegionContext = {
    db: database.db,
    objectStore: home.objectStore,
    now: () => new Date(nowMs),
    randomBytes,
    hub: createHub(),
    log: (event, fields) => logged.push({ event, fields }),
    ...parts,
  };
  const passwordHash = await hashPassword(PASSWORD, randomBytes);
  const keys = new Map<Role, string>();
  for (const role of ROLES) {
    keys.set(role, await makeUser(ctx, { username: role, role, passwordHash }));
  }
  let added = 0;
  const request: RegionUnderTest["request"] = (path, init, from) =>
    home.request(ctx, path, init, from);
  return {
    ctx,
    logged,
    request,
    advance: (ms) => {
      nowMs += ms;
      home.clockMoved(ctx);
    },
    addUser: (role) => makeUser(ctx, { username: `${role}-${++added}`, role, passwordHash }),
    call: async (route, { body, as = "admin", headers = {}, from } = {}) => {
      const [method, path = ""] = route.split(" ");
      const token = as === null ? undefined : typeof as === "object" ? as.token : keys.get(as);
      const response = await request(path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
      }, from);
      // A stream may go on for ever; who wants to read it asks the app.
      const isStream = response.headers.get("content-type") === "text/event-stream";
      if (isStream) await response.body?.cancel();
      const text = isStream ? "" : await response.text();
      return { status: response.status, headers: response.headers, text, body: tryJson(text) };
    },
    stop: async () => {
      await home.dispose();
      await database.drop();
    },
  };
}

/** Makes a user with an API key, and returns the key. */
async function makeUser(
  ctx: RegionContext,
  user: { username: string; role: Role; passwordHash: string },
): Promise<string> {
  const createdAt = ctx.now();
  const { id: userId } = await insertUser(ctx.db, { ...user, createdAt });
  const { key, prefix, hash } = await makeApiKey(ctx.randomBytes);
  await insertApiKey(ctx.db, { userId, prefix, keyHash: hash, createdAt });
  return key;
}

/** Sent as it is; everything else as JSON. */
function isRaw(body: unknown): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
