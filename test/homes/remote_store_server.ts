import type { R2Bucket } from "@/region/object_store/r2_bucket.ts";
import { openR2Store } from "@/region/object_store/r2_store.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

/** Answers `openRemoteStore`: the bucket's store, a method for each of its own. */
export async function serveStore(bucket: R2Bucket, request: Request): Promise<Response> {
  const store = openR2Store(bucket);
  const asked = new URL(request.url).searchParams;
  const name = asked.get("name") ?? "";
  const etag = asked.get("etag") ?? undefined;
  try {
    switch (asked.get("do")) {
      case "get": {
        const [first, last] = [asked.get("first"), asked.get("last")].map(Number);
        const range = asked.has("first") ? { first: first ?? 0, last: last ?? 0 } : undefined;
        return bodyOf(await store.get(name, range));
      }
      case "getUnlessEtag":
        return bodyOf(await store.getUnlessEtag(name, etag ?? ""));
      case "head":
        return Response.json(await store.head(name) ?? null);
      case "put": {
        const condition = { ifEtag: etag, ifAbsent: asked.has("absent") };
        // A stream has no length beforehand; an image's file would not fit into memory.
        const isStream = !request.headers.has("content-length") && request.body;
        const body = isStream || new Uint8Array(await request.arrayBuffer());
        return Response.json(await store.put(name, body, condition) ?? null);
      }
      case "delete":
        await store.delete(name);
        return Response.json(null);
      case "list":
        return Response.json(await store.list(name, asked.get("after") ?? undefined));
      default:
        return new Response("no such method", { status: 400 });
    }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { kind, code, message } = error;
    return Response.json({ kind, code, message }, { status: 422 });
  }
}

function bodyOf(object: Awaited<ReturnType<ReturnType<typeof openR2Store>["getUnlessEtag"]>>) {
  if (object === "unchanged") return new Response(null, { status: 304 });
  if (!object) return new Response(null, { status: 404 });
  const headers = { "x-store-etag": object.etag, "x-store-bytes": String(object.bytes) };
  return new Response(object.body, { headers });
}
