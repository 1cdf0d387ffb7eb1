import { type Role, ROLES } from "@/shared/machine/lifecycle.ts";
import { api, ApiError } from "./client.ts";
import type { OutputOf } from "./api_schema.ts";
import { createStore } from "./store.ts";
import { queryClient } from "./queries.ts";

export type Me = OutputOf<"/me", "get">;

/** Who is signed in. `failed`: the region could not be asked. */
export type Session =
  | { readonly kind: "unknown" }
  | { readonly kind: "nobody" }
  | { readonly kind: "signed_in"; readonly me: Me }
  | { readonly kind: "failed"; readonly error: unknown };

export const session = createStore<Session>({ kind: "unknown" });

/** Asks the region whose cookie this is. */
export async function readSession(): Promise<void> {
  try {
    session.set({ kind: "signed_in", me: await api.get("/me") });
  } catch (error) {
    if (isUnauthenticated(error)) session.set({ kind: "nobody" });
    else if (session.get().kind !== "signed_in") session.set({ kind: "failed", error });
  }
}

export async function signIn(credentials: { username: string; password: string }): Promise<void> {
  await api.post("/sessions", { json: { ...credentials, cookie: true } });
  queryClient.clear();
  await readSession();
}

/** Ends the session; whatever was read is forgotten with it. */
export async function signOut(): Promise<void> {
  try {
    await api.delete("/sessions/current");
  } catch (error) {
    if (!isUnauthenticated(error)) throw error;
  }
  leave();
}

/** The session is over: other pages must not show what the last person read. */
export function leave(): void {
  session.set({ kind: "nobody" });
  queryClient.clear();
}

/** Reads and writes whose session ended meanwhile lead back to the sign-in page. */
export function watchForTheEnd(): void {
  const look = (error: unknown) => {
    if (isUnauthenticated(error) && session.get().kind === "signed_in") leave();
  };
  queryClient.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") look(event.action.error);
  });
  globalThis.addEventListener("unhandledrejection", ({ reason }) => look(reason));
}

/** Whether whoever is signed in has at least this role. */
export function mayAct(role: Role, current: Session = session.get()): boolean {
  return current.kind === "signed_in" &&
    ROLES.indexOf(current.me.actingRole) >= ROLES.indexOf(role);
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status === 401;
}
