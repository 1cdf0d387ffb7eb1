import { z } from "@hono/zod-openapi";
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from "@/region/services/identity/password.ts";
import type { UserView } from "@/region/services/identity/user_view.ts";
import { USERNAME, USERNAME_ACCEPTED } from "@/shared/identity/username.ts";
import { ROLES } from "@/shared/machine/lifecycle.ts";
import { oneLine } from "./api.ts";

export const User = z.object({
  id: z.int(),
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
  role: z.enum(ROLES),
  isDisabled: z.boolean(),
  poolIds: z.array(z.int()).nullable().openapi({
    description: "The pools whose machines they see, with those of their groups; null: all",
  }),
  hasPassword: z.boolean(),
  oidcIssuer: z.string().nullable().openapi({ description: "Whose account they are linked to" }),
  oidcEmail: z.string().nullable().openapi({
    description: "An invitation: whoever the identity provider proves to have this address is " +
      "linked to this user at their first sign-in",
  }),
  lastSignInAt: z.string().nullable(),
  createdAt: z.string(),
  version: z.int(),
});

export const Username = z.string().regex(USERNAME, `use ${USERNAME_ACCEPTED}`);
export const NewPassword = z.string().min(PASSWORD_CHARS_MIN).max(PASSWORD_CHARS_MAX);
export const DisplayName = oneLine(128);
export const Email = z.union([z.literal(""), z.email().max(254)]);

export function viewUser(user: UserView) {
  return {
    ...user,
    lastSignInAt: user.lastSignInAt?.toISOString() ?? null,
    createdAt: user.createdAt.toISOString(),
  };
}
