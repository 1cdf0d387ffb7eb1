import { type ExampleKind, type ExampleSchema, makeExample } from "./examples/make_example.ts";

/** As much of an OpenAPI document as is completed here. */
export interface ApiDocument {
  paths?: Record<string, object>;
}

const METHODS = ["get", "put", "post", "patch", "delete"];

/** What the parts of the API are about, in the order in which a reader wants them. */
export const API_TAGS = [
  {
    name: "machines",
    description: "Servers that are managed: what they are, and what they can do",
  },
  { name: "devices", description: "What is known on the network and not deployed" },
  { name: "interfaces", description: "How a machine shall be connected, and by which addresses" },
  { name: "storage", description: "How a machine's disks shall be laid out" },
  {
    name: "scripts",
    description: "What runs in a machine to commission or test it, and its results",
  },
  { name: "operations", description: "One thing being done to one machine" },
  {
    name: "events",
    description: "What happened: for people (events) and as agents told it (facts)",
  },
  { name: "notifications", description: "What people should know, until it is over" },
  { name: "tags", description: "Names put on machines, by people or by what is in them" },
  { name: "zones", description: "Places that fail together" },
  { name: "pools", description: "Machines set apart for some people" },
  { name: "networks", description: "Fabrics, VLANs, subnets, and who has which address" },
  { name: "dns", description: "Domains, records, and zones to load into a DNS server" },
  { name: "images", description: "Operating systems and boot programs" },
  { name: "sites", description: "Places with machines, each with its agents" },
  { name: "bmc-scans", description: "Looking for BMCs in a site's networks" },
  { name: "agents", description: "The programs that serve a site" },
  { name: "identity", description: "People, groups, sessions, keys" },
  { name: "settings", description: "What holds for the whole region" },
  { name: "audit", description: "Who changed what, and whether that record is whole" },
  { name: "webhooks", description: "Events sent on, signed, until they arrive" },
  { name: "health", description: "Is it up, is it ready, what does it count" },
];

/**
 * Gives every operation of the document an id, made from its method and path: the names that
 * generated clients use. `GET /api/v1/machines/{systemId}` is `getMachinesBySystemId`.
 */
export function nameOperations<D extends ApiDocument>(document: D): D {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation: unknown = Reflect.get(operations, method);
      if (typeof operation !== "object" || operation === null) continue;
      Object.assign(operation, { operationId: operationId(method, path) });
    }
  }
  return document;
}

/** Gives every body of the document that has no example one that is made of its schema. */
export function addExamples<D extends ApiDocument>(document: D): D {
  for (const operations of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      // The library wrote it, with these parts where it wrote any.
      const operation = Reflect.get(operations, method) as DescribedOperation | undefined;
      addExampleTo(operation?.requestBody?.content, "request");
      for (const [status, answer] of Object.entries(operation?.responses ?? {})) {
        if (status.startsWith("2")) addExampleTo(answer.content, "answer");
      }
    }
  }
  return document;
}

interface DescribedOperation {
  readonly requestBody?: { readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}

type Content = Record<string, { schema?: ExampleSchema; example?: unknown }>;

function addExampleTo(content: Content | undefined, kind: ExampleKind): void {
  for (const body of Object.values(content ?? {})) {
    if (body.schema && body.example === undefined) body.example = makeExample(body.schema, kind);
  }
}

function operationId(method: string, path: string): string {
  const words = path.replace(/^\/api\/v1/, "").split("/").filter((part) => part !== "");
  return method +
    words.map((word) =>
      word.startsWith("{")
        ? `By${capital(word.slice(1, -1))}`
        : word.split("-").map(capital).join("")
    ).join("");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).replaceAll(/\W/g, "");
}
