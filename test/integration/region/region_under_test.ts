import { createApp } from "@/region/app.ts";
import type { RegionContext } from "@/region/context.ts";
import { createTestDatabase } from "@/region/db/test_database.ts";
import { insertApiKey, insertUser } from "@/region/db/queries/users.ts";
import { createHub } from "@/region/hub.ts";
import { openFolderStore } from "@/region/object_store/folder_store.ts";
import { makeApiKey } from "@/region/services/identity/access_tokens.ts";
import { hashPassword } from "@/region/services/identity/password.ts";
import { makeRegionSecrets } from "@/region/services/secrets/region_secrets.ts";
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
}

export interface RegionUnderTest {
  readonly ctx: RegionContext;
  /** `GET /api/v1/sites` and the like; as an admin unless told otherwise. */
  call(route: string, options?: RequestOptions): Promise<Answer>;
  readonly logged: { event: string; fields?: Record<string, unknown> }[];
  advance(ms: number): void;
  stop(): Promise<void>;
}

export const PASSWORD = "correct horse";

/** The real app on a real database and a real folder; one user of each role, named after it. */
export async function startRegionUnderTest(): Promise<RegionUnderTest> {
  const database = await createTestDatabase();
  const folder = await Deno.makeTempDir({ prefix: "rackwright-objects-" });
  const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const logged: RegionUnderTest["logged"] = [];
  let nowMs = Date.parse("2026-01-02T03:04:05.678Z");
  const ctx: RegionContext = {
    db: database.db,
    objectStore: await openFolderStore(folder),
    now: () => new Date(nowMs),
    randomBytes,
    secrets: await makeRegionSecrets(randomBytes),
    hub: createHub(),
    log: (event, fields) => logged.push({ event, fields }),
    publicUrl: "https://region.example.com",
  };
  const keys = await makeUsers(ctx);
  const app = createApp(ctx);
  return {
    ctx,
    logged,
    advance: (ms) => {
      nowMs += ms;
    },
    call: async (route, { body, as = "admin", headers = {} } = {}) => {
      const [method, path = ""] = route.split(" ");
      const token = as === null ? undefined : typeof as === "object" ? as.token : keys.get(as);
      const response = await app.request(path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: tryJson(text) };
    },
    stop: async () => {
      await database.drop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function makeUsers(ctx: RegionContext): Promise<Map<Role, string>> {
  const keys = new Map<Role, string>();
  const passwordHash = await hashPassword(PASSWORD, ctx.randomBytes);
  for (const role of ROLES) {
    const createdAt = ctx.now();
    const user = await insertUser(ctx.db, { username: role, passwordHash, role, createdAt });
    const { key, prefix, hash } = await makeApiKey(ctx.randomBytes);
    await insertApiKey(ctx.db, { userId: user.id, prefix, keyHash: hash, createdAt });
    keys.set(role, key);
  }
  return keys;
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
