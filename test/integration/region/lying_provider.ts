import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";

/** What a provider answers that is not what it should be; absent: what is right. */
export interface Lies {
  readonly metadata?: Record<string, unknown>;
  readonly claims?: JWTPayload;
  /** Instead of its own key: none at all, or the client's secret. */
  readonly signedBy?: "nobody" | "client secret" | "another key";
  readonly userinfo?: Record<string, unknown>;
  /** The whole answer at a path. */
  readonly answers?: Readonly<Record<string, () => Response>>;
}

export interface LyingProvider {
  readonly issuer: string;
  lie(lies: Lies): void;
  stop(): Promise<void>;
}

/**
 * A provider that says what it is told to, on a free port of loopback. The code in an answer is the
 * nonce that the token shall have.
 */
export async function startLyingProvider(
  client: { id: string; secret: string },
): Promise<LyingProvider> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const other = await generateKeyPair("ES256");
  let lies: Lies = {};
  let issuer = "";
  const sign = async (nonce: string) => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, sub: "ann", aud: client.id, nonce, iat, exp: iat + 300 };
    const all = { ...claims, preferred_username: "ann", ...lies.claims };
    switch (lies.signedBy) {
      case "nobody":
        return new UnsecuredJWT(all).encode();
      case "client secret":
        return await new SignJWT(all).setProtectedHeader({ alg: "HS256", kid: "k" })
          .sign(new TextEncoder().encode(client.secret));
      case "another key":
        return await new SignJWT(all).setProtectedHeader({ alg: "ES256", kid: "k" })
          .sign(other.privateKey);
      case undefined:
        return await new SignJWT(all).setProtectedHeader({ alg: "ES256", kid: "k" })
          .sign(privateKey);
    }
  };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const answer = lies.answers?.[pathname];
    if (answer) return answer();
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return Response.json({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          userinfo_endpoint: `${issuer}/me`,
          ...lies.metadata,
        });
      case "/keys":
        return Response.json({ keys: [{ ...await exportJWK(publicKey), kid: "k" }] });
      case "/token": {
        const nonce = String((await request.formData()).get("code"));
        return Response.json({ id_token: await sign(nonce), access_token: "a" });
      }
      default:
        return Response.json({ sub: "ann", ...lies.userinfo });
    }
  });
  issuer = `http://127.0.0.1:${server.addr.port}`;
  return {
    issuer,
    lie: (told) => {
      lies = told;
    },
    stop: () => server.shutdown(),
  };
}
