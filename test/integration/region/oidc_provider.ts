import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
// The package has no types; what is used of it is named below.
import Provider from "oidc-provider";

/** An account of the provider: its claims besides `sub`, which is the name that is typed in. */
export type Accounts = Record<string, Record<string, unknown>>;

export interface RunningProvider {
  readonly issuer: string;
  readonly accounts: Accounts;
  /** Starts anew with other keys, at the same address. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}

export const CLIENT_ID = "rackwright";
/** With characters that a form encodes. */
export const CLIENT_SECRET = "s:e%c r&e+t-for-the-client-at-least-32-bytes";

/** A real OpenID provider on a free port of loopback, that lets everybody in by their name. */
export async function startProvider(redirectUri: string): Promise<RunningProvider> {
  let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const issuer = `http://127.0.0.1:${port}`;
  const accounts: Accounts = {};
  let generation = 0;
  const renew = async () => {
    handle = await makeHandler({ issuer, redirectUri, accounts, kid: `key-${++generation}` });
  };
  await renew();
  return {
    issuer,
    accounts,
    rotateKeys: renew,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

async function makeHandler(
  { issuer, redirectUri, accounts, kid }: {
    issuer: string;
    redirectUri: string;
    accounts: Accounts;
    kid: string;
  },
) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const provider = new Provider(issuer, {
    clients: [{
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    jwks: { keys: [{ ...await exportJWK(privateKey), kid, alg: "RS256", use: "sig" }] },
    cookies: { keys: ["only for the test"] },
    pkce: { required: () => true },
    scopes: ["openid", "profile", "email", "groups"],
    claims: {
      profile: ["name", "preferred_username"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => Promise.resolve({ sub, ...accounts[sub] }),
    }),
  });
  return provider.callback() as (request: IncomingMessage, response: ServerResponse) => void;
}

/**
 * Goes through the provider's pages as a browser: signs in by name, consents, and returns the address
 * that it is sent back to, without going there.
 */
export async function browse(start: string, name: string, backTo: string): Promise<URL> {
  const jar = new Map<string, string>();
  let next: { url: string; form?: URLSearchParams } = { url: start };
  for (let steps = 0; steps < 20; steps++) {
    const response = await fetch(next.url, {
      method: next.form ? "POST" : "GET",
      body: next.form,
      headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join("; ") },
      redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, key = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) jar.set(key, value);
      else jar.delete(key);
    }
    const page = await response.text();
    const location = response.headers.get("location");
    if (location !== null) {
      const url = new URL(location, next.url);
      if (url.href.startsWith(backTo)) return url;
      next = { url: url.href };
      continue;
    }
    const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
    if (action === undefined) throw new Error(`no form at ${next.url}: ${page.slice(0, 500)}`);
    const [, prompt = ""] = /name="prompt" value="([^"]+)"/.exec(page) ?? [];
    const form = new URLSearchParams({ prompt, login: name, password: "any" });
    next = { url: new URL(action, next.url).href, form };
  }
  throw new Error("the provider never sent the browser back");
}
