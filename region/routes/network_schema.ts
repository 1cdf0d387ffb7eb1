import { z } from "@hono/zod-openapi";

/** One line for people, such as `rack 4, top`. */
export const NetworkName = z.string().min(1).max(64).regex(
  /^\S(.*\S)?$/,
  "no space at the ends, one line",
);
export const Description = z.string().max(2000);
/** Addresses are parsed by the service, which says what is wrong with them. */
export const Address = z.string().max(64);
/** A domain name in lower case, RFC 1123 §2.1. */
export const DomainName = z.string().max(253).regex(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
  "use a domain name in lower case, such as rack1.example.com",
);
/** `nextCursor` of the page before. */
export const Cursor = z.string().max(512).optional();
export const NextCursor = z.string().nullable();
/** A row's number in a body; PostgreSQL's integer. */
export const RowBody = z.int().min(1).max(2 ** 31 - 1);
/** `static` and `auto`: of a machine's interface, for good or while it is deployed. */
export const IpAddressKind = z.enum(["reservation", "user", "static", "auto"]);
