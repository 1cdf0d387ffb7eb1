/** As much of OpenAPI 3.1's schemas as the generator writes. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema?: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export interface Operation {
  /** `GET /api/v1/machines/{systemId}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly role: string;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface ApiDocument {
  readonly operations: readonly Operation[];
  /** Follows `$ref`. */
  resolve(schema: Schema): Schema;
}

interface RawOperation {
  readonly "x-required-role": string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Operation["responses"];
}

/** What `/api/v1/openapi.json` holds; the fuzzer checks values, not the document. */
export interface RawDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const METHODS = ["get", "post", "put", "patch", "delete"];

export function readDocument({ paths, components }: RawDocument): ApiDocument {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).filter(([method]) => METHODS.includes(method))
      .map(([method, raw]): Operation => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        role: raw["x-required-role"],
        parameters: raw.parameters ?? [],
        responses: raw.responses,
        ...(raw.requestBody
          ? {
            body: {
              required: raw.requestBody.required ?? false,
              content: raw.requestBody.content,
            },
          }
          : {}),
      }))
  );
  const resolve = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    const name = schema.$ref.replace("#/components/schemas/", "");
    const found = components?.schemas?.[name];
    if (!found) throw new Error(`the document refers to ${schema.$ref} and does not have it`);
    return resolve(found);
  };
  return { operations, resolve };
}
