import { CompactSign, exportJWK, generateKeyPair, importJWK } from "jose";
import { beforeAll, expect, test } from "vitest";
import type { RegionKey } from "@/shared/contract/enrolment.ts";
import { openSiteDocument } from "./site_document.ts";

let regionKey: RegionKey;
let sign: (payload: unknown, header?: Record<string, string>) => Promise<string>;
let stranger: typeof sign;

beforeAll(async () => {
  const signer = async (kid: string) => {
    const pair = await generateKeyPair("EdDSA", { extractable: true });
    const jwk = await exportJWK(pair.privateKey);
    const key = await importJWK(jwk, "EdDSA");
    const signed = (payload: unknown, header = {}) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: "EdDSA", kid, typ: "rw-state+jws", ...header })
        .sign(key);
    return { jwk, signed };
  };
  const own = await signer("k1");
  regionKey = { kid: "k1", kty: "OKP", crv: "Ed25519", x: own.jwk.x ?? "" };
  sign = own.signed;
  stranger = (await signer("k1")).signed; // the same key id, another key
});

const state = {
  site: { id: "s-1", name: "one" },
  generation: 7,
  issuedAt: "2026-01-01T00:00:00Z",
  subnets: [],
  machines: [],
  operations: [],
  images: [],
  bootFiles: [],
};

function open(jws: string, atLeast = 0) {
  return openSiteDocument(jws, { siteId: "s-1", regionKeys: [regionKey], atLeast });
}

test("a document of this site's region is opened", async () => {
  expect(await open(await sign(state))).toMatchObject({ generation: 7 });
  expect(await open(await sign(state), 7)).toMatchObject({ generation: 7 });
});

test("a field that this version does not know does no harm", async () => {
  expect(await open(await sign({ ...state, moonPhase: "full" }))).toMatchObject({ generation: 7 });
});

test("a changed document is refused", async () => {
  const [header, payload = "", signature] = (await sign(state)).split(".");
  const changed = atob(payload.replaceAll("-", "+").replaceAll("_", "/")).replace(":7", ":8");
  const forged = btoa(changed).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  await expect(open([header, forged, signature].join("."))).rejects
    .toMatchObject({ code: "state.signature" });
});

test("a document signed by another key of the same name is refused", async () => {
  await expect(open(await stranger(state))).rejects.toMatchObject({ code: "state.signature" });
});

test("a document signed by a key that is not pinned, or of another type, is refused", async () => {
  await expect(open(await sign(state, { kid: "k2" }))).rejects
    .toMatchObject({ code: "state.signature" });
  await expect(open(await sign(state, { typ: "rw-agent+jwt" }))).rejects
    .toMatchObject({ code: "state.signature" });
});

test("an older generation than the one in force is refused", async () => {
  await expect(open(await sign(state), 8)).rejects.toMatchObject({ code: "state.stale" });
});

test("another site's document is refused", async () => {
  const other = { ...state, site: { id: "s-2", name: "two" } };
  await expect(open(await sign(other))).rejects.toMatchObject({ code: "state.wrong_site" });
});

test("a document that does not follow the contract is refused", async () => {
  await expect(open(await sign({ ...state, machines: "none" }))).rejects
    .toMatchObject({ code: "state.malformed" });
  await expect(open("not.a.jws")).rejects.toMatchObject({ code: "state.signature" });
});
