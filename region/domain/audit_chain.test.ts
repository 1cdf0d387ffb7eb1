import { expect, test } from "vitest";
import { chainText, GENESIS, type SealedEntry } from "./audit_chain.ts";

const ENTRY: SealedEntry = {
  id: 7,
  at: new Date("2026-01-02T03:04:05.678Z"),
  userId: 1,
  username: "ada",
  remoteAddress: "192.0.2.7",
  requestId: null,
  action: "site.update",
  kind: "site",
  objectId: "s-1",
  objectName: "here",
  before: { name: "there", list: [{ b: 1, a: 2 }] },
  after: null,
};

test("chainText has every column in its order, keys of objects sorted", () => {
  expect(chainText(GENESIS, 3, ENTRY)).toBe(
    `["${"0".repeat(64)}",3,7,"2026-01-02T03:04:05.678Z",1,"ada","192.0.2.7",null,"site.update",` +
      `"site","s-1","here",{"list":[{"a":2,"b":1}],"name":"there"},null]`,
  );
});

test("chainText differs for every column that differs", () => {
  const others: Partial<SealedEntry>[] = [
    { id: 8 },
    { at: new Date(0) },
    { userId: null },
    { username: "eve" },
    { remoteAddress: null },
    { requestId: "r" },
    { action: "site.delete" },
    { kind: "x" },
    { objectId: "s-2" },
    { objectName: null },
    { before: {} },
    { after: {} },
  ];
  const texts = [
    chainText(GENESIS, 3, ENTRY),
    chainText(GENESIS, 4, ENTRY),
    chainText("f".repeat(64), 3, ENTRY),
    ...others.map((other) => chainText(GENESIS, 3, { ...ENTRY, ...other })),
  ];
  expect(new Set(texts).size).toBe(texts.length);
  expect(others).toHaveLength(Object.keys(ENTRY).length);
});
