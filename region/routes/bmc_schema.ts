import { z } from "@hono/zod-openapi";
import { CIPHER_SUITES } from "@/shared/machine/cipher_suites.ts";

const Address = z.string().max(253).regex(
  /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
  "use an IPv4 address or a host name",
);
const Port = z.int().min(1).max(65_535);
export const Sha256 = z.string().regex(
  /^[0-9a-fA-F]{64}$/,
  "use the SHA-256 fingerprint of the certificate, 64 hexadecimal digits",
);
/** Credentials have a field of their own: a URL ends up in logs. */
const Url = z.url({ protocol: /^https?$/ }).max(1024).refine(
  (url) => !URL.canParse(url) || new URL(url).username === "" && new URL(url).password === "",
  "give the user and password in their own fields, not in the URL",
);
const Mac = z.string().max(32).regex(
  /^([0-9a-fA-F]{2}[:.-]?){5}[0-9a-fA-F]{2}$/,
  "use a MAC address, such as 52:54:00:20:00:01",
);
const Broadcast = z.ipv4().openapi({
  description: "Where the packet is sent; absent: every network that the site's agent is in",
});

/** What sets the kinds apart, but for passwords. */
const ipmi = {
  kind: z.literal("ipmi"),
  address: Address,
  port: Port.optional().openapi({ description: "UDP; absent: 623" }),
  // IPMI v2.0 §22.28: names of 16 bytes.
  username: z.string().max(16),
  cipherSuite: z.int().refine((suite) => CIPHER_SUITES.includes(suite), {
    message: `use one of ${CIPHER_SUITES.join(", ")}`,
  }).optional().openapi({ description: "Absent: 3. 17 is stronger; 0 has no authentication" }),
  privilege: z.enum(["operator", "administrator"]).optional().openapi({
    description: "Absent: operator, which is enough for power",
  }),
};
// IPMI v2.0 §22.30: passwords of 20 bytes; §13.33: K_g likewise.
const IpmiPassword = z.string().max(20);
const kg = z.string().max(42).optional().openapi({
  description: "The BMC's own key, as text or as 0x and hexadecimal digits; rarely set",
});
const redfish = {
  kind: z.literal("redfish"),
  address: Address,
  port: Port.optional().openapi({ description: "TCP; absent: 443" }),
  username: z.string().min(1).max(255),
  certificateSha256: Sha256.nullable().optional().openapi({
    description:
      "What the BMC's certificate must be. Absent or null: the first one that it shows " +
      "to an agent that could log in is pinned; a change keeps what is pinned unless it says null",
  }),
  system: z.string().min(1).max(128).optional().openapi({
    description: "Which of several systems behind the BMC, by its Id",
    example: "System.Embedded.1",
  }),
};
const Password = z.string().max(255);
const webhook = {
  kind: z.literal("webhook"),
  onUrl: Url.openapi({ description: 'Gets a POST with {"action": "on"}; any 2xx means done' }),
  offUrl: Url.openapi({ description: 'Gets a POST with {"action": "off"}' }),
  queryUrl: Url.optional().openapi({
    description: 'Gets a GET and answers {"power": "on"}, "off" or "unknown"; absent: unknown',
  }),
  username: z.string().min(1).max(255).optional().openapi({
    description: "For Basic authentication; absent: the password is a bearer token",
  }),
  password: Password.optional(),
  certificateSha256: Sha256.nullable().optional(),
};
const wakeOnLan = { kind: z.literal("wake_on_lan"), mac: Mac, broadcast: Broadcast.optional() };
const manual = { kind: z.literal("manual") };

const KEPT = "Absent: as before, as long as address, port and user stay";

/** How a machine is switched, with its secrets: only ever sent in. */
export const BmcInput = z.discriminatedUnion("kind", [
  z.strictObject({ ...ipmi, password: IpmiPassword, kg }),
  z.strictObject({ ...redfish, password: Password }),
  z.strictObject(webhook),
  z.strictObject(wakeOnLan),
  z.strictObject(manual),
]);

/**
 * The same for a machine that has one: what is secret may be absent, and then stays as long as it is
 * for the same address, port and user.
 */
export const BmcChange = z.discriminatedUnion("kind", [
  z.strictObject({
    ...ipmi,
    password: IpmiPassword.optional().openapi({ description: KEPT }),
    kg: kg.unwrap().nullable().optional().openapi({ description: `${KEPT}; null: it has none` }),
  }),
  z.strictObject({ ...redfish, password: Password.optional().openapi({ description: KEPT }) }),
  z.strictObject({
    ...webhook,
    password: Password.nullable().optional().openapi({
      description: "Absent: as before, as long as the addresses stay; null: there is none",
    }),
  }),
  z.strictObject(wakeOnLan),
  z.strictObject(manual),
]);

/** As a line of an import has it: an export's has no password, and can then only be compared. */
export const BmcLine = z.discriminatedUnion("kind", [
  z.strictObject({ ...ipmi, password: IpmiPassword.optional(), kg }),
  z.strictObject({ ...redfish, password: Password.optional() }),
  z.strictObject(webhook),
  z.strictObject(wakeOnLan),
  z.strictObject(manual),
]);

/** How a machine is switched, as it is answered: what its kind does not have is absent. */
export const Bmc = z.object({
  kind: z.enum(["ipmi", "redfish", "webhook", "wake_on_lan", "manual"]),
  /** ipmi, redfish. */
  address: z.string().optional(),
  port: z.int().optional(),
  /** ipmi, redfish, webhook. */
  username: z.string().optional(),
  cipherSuite: z.int().optional(),
  privilege: z.enum(["operator", "administrator"]).optional(),
  /** redfish, webhook: what is pinned; absent: nothing yet. */
  certificateSha256: z.string().optional(),
  system: z.string().optional(),
  onUrl: z.string().optional(),
  offUrl: z.string().optional(),
  queryUrl: z.string().optional(),
  mac: z.string().optional(),
  broadcast: z.string().optional(),
});
