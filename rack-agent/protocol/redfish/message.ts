/** Who a request is made as; the shell puts the credentials in. */
export type RedfishAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic" }
  | { readonly kind: "session"; readonly token: string };

export interface RedfishRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  /** Value of If-Match; absent: none is sent. */
  readonly ifMatch?: string;
  readonly auth: RedfishAuth;
  /** For messages, after "asked to": what it is to achieve. */
  readonly purpose: string;
}

export interface RedfishAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** What is asked of a BMC, one request after another, and what comes of it. Throws DomainErrors. */
export type Conversation<T> = Generator<RedfishRequest, T, RedfishAnswer>;
