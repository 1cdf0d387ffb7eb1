import { createRoute, z } from "@hono/zod-openapi";
import type { RegionContext } from "@/region/context.ts";
import { cloneMachine } from "@/region/services/machines/clone_machine.ts";
import {
  getStorage,
  setStorage,
  type StorageView,
} from "@/region/services/machines/machine_storage.ts";
import { FILESYSTEM_TYPES, PARTITION_ROLES, RAID_LEVELS } from "@/shared/machine/storage.ts";
import { body, createApi, etag, IfMatch, ok, requires, TextId } from "./api.ts";

/** Kernel names of disks, and names that people give to parts. */
const DeviceName = z.string().min(1).max(64).regex(
  /^[A-Za-z0-9][\w.+-]*$/,
  "use letters, digits, _ . + and -, a letter or digit first",
);
const DeviceReference = z.string().min(1).max(129).regex(
  /^[A-Za-z0-9][\w.+-]*(\/[A-Za-z0-9][\w.+-]*)?$/,
  "use a device's name, or group/volume",
);
/** Null, for the last one only: what the others leave. */
const Bytes = z.int().min(0).max(2 ** 53 - 1).nullable();
const Members = z.array(DeviceReference).max(64);

const Plan = z.strictObject({
  tables: z.array(z.strictObject({
    disk: DeviceName,
    partitions: z.array(z.strictObject({
      name: DeviceName,
      bytes: Bytes,
      role: z.enum(PARTITION_ROLES),
    })).max(128), // as many as a GPT has entries
  })).max(128),
  raids: z.array(z.strictObject({
    name: DeviceName,
    level: z.literal([...RAID_LEVELS]),
    members: Members,
    spares: Members,
  })).max(32),
  volumeGroups: z.array(z.strictObject({
    name: DeviceName,
    members: Members,
    volumes: z.array(z.strictObject({ name: DeviceName, bytes: Bytes })).max(128),
  })).max(32),
  filesystems: z.array(z.strictObject({
    device: DeviceReference,
    type: z.enum(FILESYSTEM_TYPES),
    /** The shortest limit is FAT's. */
    label: z.string().max(11).regex(/^[\w.-]*$/, "use letters, digits, _ . and -").nullable(),
    mountPoint: z.string().max(255).nullable(),
    /** As in fstab(5); absent or null: `defaults`. */
    mountOptions: z.string().min(1).max(200).regex(
      /^[\w.:%+-]+(=[\w.:%+\/-]+)?(,[\w.:%+-]+(=[\w.:%+\/-]+)?)*$/,
      "use words as in fstab, separated by commas, such as noatime,nofail",
    ).nullable().optional(),
  })).max(256),
});

const Wish = z.discriminatedUnion("layout", [
  z.strictObject({ layout: z.literal("flat"), disk: DeviceName.optional() }),
  z.strictObject({
    layout: z.literal("lvm"),
    disk: DeviceName.optional(),
    /** Absent: all that is left. */
    rootBytes: z.int().min(0).max(2 ** 53 - 1).optional(),
  }),
  z.strictObject({
    layout: z.literal("raid"),
    /** Absent: 1. */
    level: z.literal([...RAID_LEVELS]).optional(),
    /** Absent: all that are big enough. */
    disks: z.array(DeviceName).min(1).max(64).optional(),
  }),
  z.strictObject({ layout: z.literal("blank") }),
  z.strictObject({ layout: z.literal("custom"), plan: Plan }),
]);

const Refusal = z.object({ code: z.string(), detail: z.string() });
const Storage = z.object({
  wish: Wish,
  /** The wish in full; null while no disk is known to plan it on. */
  plan: Plan.nullable(),
  /** Why a deploy would refuse it; null: it would not. */
  refusal: Refusal.nullable(),
  version: z.int(),
});

const params = z.object({ systemId: TextId });
const tags = ["storage"];

const getRoute = createRoute({
  method: "get",
  path: "/machines/{systemId}/storage",
  tags,
  summary: "How a machine's disks shall be laid out",
  ...requires("viewer"),
  request: { params },
  responses: ok(Storage, "The storage"),
});

const setRoute = createRoute({
  method: "put",
  path: "/machines/{systemId}/storage",
  tags,
  summary: "Say how a machine's disks shall be laid out by its next deploy",
  ...requires("operator"),
  request: { params, headers: IfMatch, body: body(Wish) },
  responses: ok(Storage, "The storage"),
});

const cloneRoute = createRoute({
  method: "post",
  path: "/machines/{systemId}/clone",
  tags,
  summary: "Give other machines this one's storage or network configuration, or both",
  ...requires("admin"),
  request: {
    params,
    body: body(
      z.strictObject({
        to: z.array(TextId).min(1).max(200),
        storage: z.literal(true).optional(),
        /** Without addresses: a static link becomes an auto one. */
        network: z.literal(true).optional(),
      }).refine(
        ({ storage, network }) => storage || network,
        "say what is copied: storage, network, or both",
      ).openapi({ example: { to: ["k7c2mp"], storage: true } }),
    ),
  },
  responses: ok(
    z.object({ results: z.array(z.object({ systemId: z.string(), refusal: Refusal.nullable() })) }),
    "What came of each; those without a refusal have it now",
  ),
});

export function storageRoutes(ctx: RegionContext) {
  return createApi()
    .openapi(getRoute, async (c) => {
      const { systemId } = c.req.valid("param");
      const storage = await getStorage(ctx, c.get("caller"), systemId);
      return c.json(answer(storage), 200, etag(storage));
    })
    .openapi(setRoute, async (c) => {
      const ifVersion = c.req.valid("header")["if-match"];
      const input = { ...c.req.valid("param"), wish: c.req.valid("json"), ifVersion };
      const storage = await setStorage(ctx, c.get("caller"), input);
      return c.json(answer(storage), 200, etag(storage));
    })
    .openapi(cloneRoute, async (c) => {
      const { to, storage: hasStorage = false, network: hasNetwork = false } = c.req.valid("json");
      const input = { ...c.req.valid("param"), to, hasStorage, hasNetwork };
      return c.json({ results: await cloneMachine(ctx, c.get("caller"), input) }, 200);
    });
}

/** The same, of which nothing is read-only: nobody writes to it any more. */
function answer(storage: StorageView): z.infer<typeof Storage> {
  return storage as z.infer<typeof Storage>;
}
