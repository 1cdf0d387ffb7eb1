import { decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { SiteState } from "@/shared/contract/site_state.ts";
import { signAsRegion } from "./region_keys.ts";
import { generationOf, signSiteState } from "./state_document.ts";
import { makeTestSigningKey } from "./test_keys.ts";

const state: SiteState = {
  site: { id: "s-1", name: "One" },
  generation: 7,
  issuedAt: "2026-03-01T12:00:00.000Z",
  subnets: [],
  machines: [],
  operations: [],
  images: [],
  bootFiles: [],
  otherReservations: [],
};

test("a state document is a JWS of its own type, and shows its generation", async () => {
  const keys = [await makeTestSigningKey("k1")];
  const document = await signSiteState(keys, state);
  expect(decodeProtectedHeader(document)).toEqual({ alg: "EdDSA", typ: "rw-state+jws", kid: "k1" });
  expect(await generationOf(keys, document)).toBe(7);
  const payload = atob((document.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"));
  expect(SiteState.parse(JSON.parse(payload))).toEqual(state);
});

test("generationOf() trusts only documents that the region signed as such", async () => {
  const keys = [await makeTestSigningKey("k1")];
  const forged = await signSiteState([await makeTestSigningKey("k1")], state);
  expect(await generationOf(keys, forged)).toBeUndefined();
  const other = await signAsRegion(keys, "rw-agent+jwt", JSON.stringify(state));
  expect(await generationOf(keys, other)).toBeUndefined();
  expect(await generationOf(keys, "noise")).toBeUndefined();
});
