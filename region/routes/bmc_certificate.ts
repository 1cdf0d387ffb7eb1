import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { acceptBmcCertificate } from "@/region/services/machines/accept_bmc_certificate.ts";
import { body, createApi, etag, IfMatch, ok, requires, TextId } from "./api.ts";
import { Sha256 } from "./bmc_schema.ts";
import { Machine } from "./machine_schema.ts";

const Accepted = z.strictObject({
  sha256: Sha256.nullable().openapi({
    description: "SHA-256 of the certificate; null: whatever the BMC shows next is pinned",
  }),
}).openapi({
  example: { sha256: "9a64aaec0505a5dc17be423bf1d680e7051b797850bba432a621883b80dad016" },
});

const acceptRoute = createRoute({
  method: "post",
  path: "/machines/{systemId}/accept-bmc-certificate",
  tags: ["machines"],
  summary: "Pin another certificate of its BMC",
  description: "A power order that fails with bmc.certificate_changed names the certificate that " +
    "the BMC shows now. Compare it with the BMC itself, at its own page or by its serial console; " +
    "if it was replaced on purpose, send it here. Until then nothing is sent to whoever shows it.",
  ...requires("admin"),
  request: { params: z.object({ systemId: TextId }), headers: IfMatch, body: body(Accepted) },
  responses: ok(Machine, "The machine"),
});

export function bmcCertificateRoutes(ctx: RegionContext) {
  return createApi().openapi(acceptRoute, async (c) => {
    const { sha256 } = c.req.valid("json");
    const ifVersion = c.req.valid("header")["if-match"];
    const input = { ...c.req.valid("param"), sha256, ifVersion };
    const machine = await acceptBmcCertificate(ctx, c.get("caller"), input);
    return c.json(machine, 200, etag(machine));
  });
}
