const ROOT = "/redfish/v1";

/** A reference to another resource, DSP0266 §8.5. */
export function link(path: string) {
  return { "@odata.id": `${ROOT}/${path}` };
}

export function collection(path: string, ids: readonly string[]) {
  const noun = path.split("/").at(-1) ?? "";
  const type = noun === "Systems" ? "ComputerSystem" : noun.replace(/s$/, "");
  return {
    "@odata.id": path,
    "@odata.type": `#${type}Collection.${type}Collection`,
    Name: `${noun} Collection`,
    "Members@odata.count": ids.length,
    Members: ids.map((id) => ({ "@odata.id": `${path}/${id}` })),
  };
}

/** The object in a body; empty when there is none. */
export async function readJson(request: Request): Promise<Record<string, unknown>> {
  try {
    return await request.json() ?? {};
  } catch {
    return {};
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const common = { "content-type": "application/json", "odata-version": "4.0" };
  return new Response(JSON.stringify(body), { status, headers: { ...common, ...headers } });
}

/** An error with its reason, DSP0266 §8.6. */
export function failure(status: number, id: string, message: string): Response {
  const info = { MessageId: `Base.1.8.${id}`, Message: message, Severity: "Critical" };
  const error = {
    code: "Base.1.8.GeneralError",
    message: "See ExtendedInfo for more information.",
    "@Message.ExtendedInfo": [info],
  };
  return json({ error }, status);
}
