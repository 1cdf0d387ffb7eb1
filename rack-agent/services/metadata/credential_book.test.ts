import { afterEach, beforeEach, expect, test } from "vitest";
import { CredentialBook } from "./credential_book.ts";

let folder: string;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(folder, { recursive: true }));

const wanted = {
  mac: "52:54:00:00:00:01",
  systemId: "abc234",
  operationId: "o-1",
  purpose: "install" as const,
};

test("credentials are given until they are used, and only to the machine they are for", async () => {
  const book = await CredentialBook.open(folder);
  const entry = await book.offer(wanted);
  expect(book.offeredTo("52:54:00:00:00:02")).toBeUndefined();
  expect(book.offeredTo(wanted.mac)).toEqual(entry);
  await book.mark(entry, "given");
  expect(book.offeredTo(wanted.mac)).toMatchObject({ tokenKey: entry.tokenKey });
  await book.mark(entry, "used");
  expect(book.offeredTo(wanted.mac)).toBeUndefined();
});

test("a new boot ends the credentials of the one before", async () => {
  const book = await CredentialBook.open(folder);
  const first = await book.offer(wanted);
  await book.mark(first, "used");
  await book.offer(wanted);
  expect(book.find(first)).toMatchObject({ state: "ended" });
});

test("a wrong secret, key or consumer finds nobody", async () => {
  const book = await CredentialBook.open(folder);
  const entry = await book.offer(wanted);
  expect(book.find(entry)).toEqual(entry);
  expect(book.find({ ...entry, tokenSecret: entry.tokenSecret.slice(1) + "x" })).toBeUndefined();
  expect(book.find({ ...entry, tokenKey: "x" })).toBeUndefined();
  expect(book.find({ ...entry, consumerKey: "x" })).toBeUndefined();
});

test("an operation's end ends its credentials, and their secret is forgotten", async () => {
  const book = await CredentialBook.open(folder);
  const entry = await book.offer(wanted);
  const other = await book.offer({ ...wanted, operationId: "o-2" });
  await book.endOperation("o-1");
  expect(book.find(entry)).toMatchObject({ state: "ended", tokenSecret: "" });
  expect(book.find(other)).toMatchObject({ state: "offered" });
});

test("a restart of the agent does not end a machine's credentials", async () => {
  const book = await CredentialBook.open(folder);
  const entry = await book.offer(wanted);
  await book.mark(entry, "used");
  const again = await CredentialBook.open(folder);
  expect(again.find(entry)).toMatchObject({ state: "used" });
  const { mode } = await Deno.stat(`${folder}/credentials.json`);
  expect((mode ?? 0) & 0o777).toBe(0o600);
});
