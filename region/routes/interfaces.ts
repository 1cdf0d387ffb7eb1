import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import {
  createInterface,
  removeInterface,
  updateInterfaceSettings,
} from "@/region/services/interfaces/change_interfaces.ts";
import { addLink, changeLink, removeLink } from "@/region/services/interfaces/change_links.ts";
import {
  getInterface,
  listMachineInterfaces,
  previewNetplan,
} from "@/region/services/interfaces/read_interfaces.ts";
import {
  body,
  createApi,
  created,
  etag,
  IfMatch,
  ok,
  REMOVED,
  requires,
  RowId,
  TextId,
} from "./api.ts";
import {
  Interface,
  InterfaceChange,
  LinkChange,
  NewInterface,
  NewLink,
} from "./interface_schema.ts";

const ofMachine = z.object({ systemId: TextId });
const ofInterface = ofMachine.extend({ interfaceId: RowId });
const ofLink = ofInterface.extend({ linkId: RowId });
const tags = ["interfaces"];

const listRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/interfaces",
  tags,
  summary: "A machine's interfaces, with their links and addresses",
  ...requires("viewer"),
  request: { params: ofMachine },
  responses: ok(z.object({ interfaces: z.array(Interface) }), "All of them"),
});

const createInterfaceRoute = createRoute({
  method: "post",
  path: "/machines/{systemId}/interfaces",
  tags,
  summary: "Make a bond, bridge or VLAN interface, or add a port that was not found (admins)",
  ...requires("operator"),
  request: { params: ofMachine, body: body(NewInterface) },
  responses: created(Interface, "The interface"),
});

const getRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/interfaces/{interfaceId}",
  tags,
  summary: "One interface",
  ...requires("viewer"),
  request: { params: ofInterface },
  responses: ok(Interface, "The interface"),
});

const updateRoute = createRoute({
  method: "patch",
  path: "/machines/{systemId}/interfaces/{interfaceId}",
  tags,
  summary: "Change an interface: name, VLAN, mtu, parents, parameters",
  ...requires("operator"),
  request: { params: ofInterface, headers: IfMatch, body: body(InterfaceChange) },
  responses: ok(Interface, "The interface"),
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/machines/{systemId}/interfaces/{interfaceId}",
  tags,
  summary: "Remove an interface with its links; a port only as an admin",
  ...requires("operator"),
  request: { params: ofInterface, headers: IfMatch },
  responses: REMOVED,
});

const addLinkRoute = createRoute({
  method: "post",
  path: "/machines/{systemId}/interfaces/{interfaceId}/links",
  tags,
  summary: "Give an interface a way to come by an address: auto, static, dhcp or none",
  ...requires("operator"),
  request: { params: ofInterface, headers: IfMatch, body: body(NewLink) },
  responses: created(Interface, "The interface with its links"),
});

const changeLinkRoute = createRoute({
  method: "patch",
  path: "/machines/{systemId}/interfaces/{interfaceId}/links/{linkId}",
  tags,
  summary: "Change a link, or send the default route of its family its way",
  ...requires("operator"),
  request: { params: ofLink, headers: IfMatch, body: body(LinkChange) },
  responses: ok(Interface, "The interface with its links"),
});

const removeLinkRoute = createRoute({
  method: "delete",
  path: "/machines/{systemId}/interfaces/{interfaceId}/links/{linkId}",
  tags,
  summary: "Take a link from its interface, and its address back",
  ...requires("operator"),
  request: { params: ofLink, headers: IfMatch },
  responses: REMOVED,
});

const netplanRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/netplan",
  tags,
  summary: "The network configuration that a deploy would write, as netplan's YAML",
  ...requires("viewer"),
  request: { params: ofMachine },
  responses: ok(
    z.object({
      netplan: z.string().nullable(),
      /** Why a deploy would refuse it; null: it would not. */
      refusal: z.object({ code: z.string(), detail: z.string() }).nullable(),
    }),
    "The file, or why there would be none",
  ),
});

export function interfaceRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(listRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      const interfaces = await listMachineInterfaces(ctx, c.get("caller"), systemId);
      return c.json({ interfaces }, 200);
    })
    .openapi(createInterfaceRoute, async (c) => {
      const input = { ...c.req.valid("param"), ...c.req.valid("json") };
      const made = await createInterface(ctx, c.get("caller"), input);
      return c.json(made, 201, etag(made));
    })
    .openapi(getRoute, async (c) => {
      const one = await getInterface(ctx, c.get("caller"), c.req.valid("param"));
      return c.json(one, 200, etag(one));
    })
    .openapi(updateRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const one = await updateInterfaceSettings(ctx, c.get("caller"), input);
      return c.json(one, 200, etag(one));
    })
    .openapi(deleteRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeInterface(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    })
    .openapi(addLinkRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const one = await addLink(ctx, c.get("caller"), input);
      return c.json(one, 201, etag(one));
    })
    .openapi(changeLinkRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), ...c.req.valid("json"), ifVersion };
      const one = await changeLink(ctx, c.get("caller"), input);
      return c.json(one, 200, etag(one));
    })
    .openapi(removeLinkRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      await removeLink(ctx, c.get("caller"), { ...c.req.valid("param"), ifVersion });
      return c.body(null, 204);
    })
    .openapi(netplanRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      return c.json(await previewNetplan(ctx, c.get("caller"), systemId), 200);
    });
}
