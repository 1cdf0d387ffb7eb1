import type { Operation, Parameter } from "./document.ts";
import { type Maker, makeValue } from "./make_value.ts";
import type { FuzzRequest } from "./spoil.ts";

/** A request of an operation that its schemas accept, mostly. */
export function makeRequest(maker: Maker, operation: Operation): FuzzRequest {
  const { chance, paths } = maker;
  const seen = chance.oneIn(4) ? undefined : paths?.pick(chance, operation.path);
  let path = seen ?? operation.path;
  const query: string[] = [];
  const headers: Record<string, string> = {};
  for (const parameter of operation.parameters) {
    if (parameter.in === "path") {
      path = path.replace(`{${parameter.name}}`, encode(maker, parameter));
    } else if (parameter.required || chance.oneIn(4)) {
      if (parameter.in === "query") query.push(`${parameter.name}=${encode(maker, parameter)}`);
      else if (parameter.in === "header") headers[parameter.name] = headerText(maker, parameter);
    }
  }
  const body = makeBody(maker, operation, headers);
  return {
    method: operation.method,
    path: query.length > 0 ? `${path}?${query.join("&")}` : path,
    headers,
    ...(body === undefined ? {} : { body }),
  };
}

function encode(maker: Maker, { name, schema = {} }: Parameter): string {
  const value = makeValue(maker, schema, name);
  return encodeURIComponent(String(value).toWellFormed()) || "x";
}

function headerText(maker: Maker, { name, schema = {} }: Parameter): string {
  if (name.toLowerCase() === "if-match") return `"${1 + maker.chance.below(4)}"`;
  const text = String(makeValue(maker, schema, name));
  // What a header may hold: RFC 9110 §5.5.
  return text.replaceAll(/[^\x20-\x7e]/g, "?").trim();
}

function makeBody(
  maker: Maker,
  { body }: Operation,
  headers: Record<string, string>,
): string | undefined {
  if (!body || (!body.required && maker.chance.oneIn(2))) return undefined;
  const [type, { schema = {} }] = maker.chance.pick(Object.entries(body.content));
  headers["content-type"] = type;
  if (/[+/]json$/.test(type)) return JSON.stringify(makeValue(maker, schema, "body"));
  const lines = Array.from({ length: maker.chance.below(4) }, () => {
    const line = { hostname: `host-${maker.chance.below(40)}`, macs: ["52:54:00:00:00:01"] };
    return /ndjson/.test(type) ? JSON.stringify(line) : `${line.hostname},${line.macs},,`;
  });
  if (type === "text/csv") lines.unshift("hostname,macs,siteId,zone");
  return lines.join("\n") + "\n";
}

/** The request as a line for a shell; `$TOKEN` stands for the caller's. */
export function formatCurl({ method, path, headers, body }: FuzzRequest): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = [`curl -X ${method}`, `-H "authorization: Bearer $TOKEN"`];
  const { authorization: _token, ...others } = headers;
  for (const [name, value] of Object.entries(others)) {
    parts.push(`-H ${quote(`${name}: ${value}`)}`);
  }
  if (body instanceof Uint8Array) {
    const escapes = [...body].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    parts.push(`--data-binary @<(printf '${escapes}')`);
  } else if (body !== undefined) parts.push(`--data-binary ${quote(body)}`);
  return `${parts.join(" ")} ${quote(`http://127.0.0.1:5240${path}`)}`;
}
