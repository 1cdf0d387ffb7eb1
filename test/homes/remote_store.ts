import type { ObjectStore, StoredObject } from "@/region/object_store/object_store.ts";
import { DomainError } from "@/shared/errors/domain_error.ts";

type Asked = Record<string, string | number | undefined>;

/** The store that a Worker under test has, from outside; it is asked over HTTP, for that is quick. */
export function openRemoteStore(workerUrl: string): ObjectStore {
  const ask = async (asked: Asked, body?: BodyInit): Promise<Response> => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) {
      if (value !== undefined) query.set(name, String(value));
    }
    const response = await fetch(`${workerUrl}/test/store?${query}`, { method: "POST", body });
    if (response.status === 422) throw new DomainError(await response.json());
    if (response.status >= 400 && response.status !== 404) throw new Error(await response.text());
    return response;
  };
  return {
    get: async (name, range) => await storedOf(await ask({ do: "get", name, ...range })),
    getUnlessEtag: async (name, etag) => {
      const response = await ask({ do: "getUnlessEtag", name, etag });
      return response.status === 304 ? "unchanged" : await storedOf(response);
    },
    head: async (name) => await (await ask({ do: "head", name })).json() ?? undefined,
    put: async (name, body, { ifEtag: etag, ifAbsent } = {}) => {
      const asked = { do: "put", name, etag, absent: ifAbsent ? 1 : undefined };
      if (body instanceof Uint8Array) return await (await ask(asked, body)).json() ?? undefined;
      let fault: unknown;
      const watched = async function* () {
        try {
          yield* body;
        } catch (error) {
          fault = error;
          throw error;
        }
      };
      const sending = ask(asked, ReadableStream.from(watched()));
      // What broke is the sender's, and is to be told in its own words.
      return await (await sending.catch((error) => {
        throw fault ?? error;
      })).json() ?? undefined;
    },
    delete: async (name) => void await (await ask({ do: "delete", name })).json(),
    list: async (name, after) => await (await ask({ do: "list", name, after })).json(),
  };
}

async function storedOf(response: Response): Promise<StoredObject | undefined> {
  if (response.status === 404) {
    await response.body?.cancel();
    return undefined;
  }
  return {
    etag: response.headers.get("x-store-etag") ?? "",
    bytes: Number(response.headers.get("x-store-bytes")),
    body: response.body ?? new ReadableStream({ start: (controller) => controller.close() }),
  };
}
