import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "@/rack-agent/wire/byte_reader.ts";
import { decodeRequestHead, headBytes } from "./request_head.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);
const decode = (text: string) => decodeRequestHead(bytesOf(text));

/** As iPXE 1.0.0+ sends it (net/tcp/httpcore.c), with a range as its block device asks. */
const IPXE = "GET /images/ab/squashfs HTTP/1.1\r\nConnection: keep-alive\r\n" +
  "User-Agent: iPXE/1.0.0+\r\nHost: 192.0.2.1:5249\r\nRange: bytes=0-511\r\n\r\n";

test("decodeRequestHead() reads what iPXE sends", () => {
  const { headers, ...rest } = decode(IPXE);
  expect(rest).toEqual({ method: "GET", path: "/images/ab/squashfs", isPersistent: true });
  expect(headers.get("range")).toBe("bytes=0-511");
});

test("headBytes() finds the end of the head, and nothing before it has come", () => {
  const bytes = bytesOf(IPXE);
  expect(headBytes(bytesOf(IPXE + "GET /next"))).toBe(bytes.length);
  for (let length = 0; length < bytes.length; length++) {
    expect(headBytes(bytes.subarray(0, length))).toBeUndefined();
  }
});

test("a connection stays open as RFC 9112 §9.3 says", () => {
  expect(decode("GET / HTTP/1.1\r\n\r\n").isPersistent).toBe(true);
  expect(decode("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").isPersistent).toBe(false);
  expect(decode("GET / HTTP/1.0\r\n\r\n").isPersistent).toBe(false);
  expect(decode("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").isPersistent).toBe(true);
});

test("the path comes without query, also out of an absolute target", () => {
  expect(decode("GET /a/b?c=/d HTTP/1.1\r\n\r\n").path).toBe("/a/b");
  expect(decode("GET http://host:1/a/b HTTP/1.1\r\n\r\n").path).toBe("/a/b");
});

test.each([
  "GET /\r\n\r\n",
  "GET / HTTP/2.0\r\n\r\n",
  "GET  / HTTP/1.1\r\n\r\n",
  "GET * HTTP/1.1\r\n\r\n",
  "GET /\u0000 HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.1\r\nName : x\r\n\r\n",
  "GET / HTTP/1.1\r\nName: a\r\n folded\r\n\r\n",
  "GET / HTTP/1.1\r\nName: a\u0001b\r\n\r\n",
  `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(65)}\r\n`,
  `GET /${"a".repeat(3_000)} HTTP/1.1\r\n\r\n`,
  `GET / HTTP/1.1\r\nA: ${"b".repeat(9_000)}\r\n\r\n`,
])("%j is refused", (text) => {
  expect(() => decode(text)).toThrow(DecodeError);
});

test("decodeRequestHead() throws nothing but DecodeError on mutated heads", () => {
  const whole = bytesOf(IPXE);
  const mutation = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(mutation, fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of changes) if (at < length) bytes[at] = value;
      try {
        decodeRequestHead(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { numRuns: 5_000 },
  );
});
