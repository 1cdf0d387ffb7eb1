/** As MAAS allows them, but in lower case: two users never differ by case only. */
export const USERNAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/;
/** The same in words. */
export const USERNAME_ACCEPTED =
  "1 to 64 of a-z, 0-9, . _ @ + and -, beginning with a letter or digit";
