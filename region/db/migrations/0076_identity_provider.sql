-- The one OpenID provider that people may sign in with, beside their passwords here.
CREATE TABLE identity_providers (
  -- One row: a second would have to say who is whose.
  id integer PRIMARY KEY CHECK (id = 1),
  version integer NOT NULL DEFAULT 1,
  is_enabled boolean NOT NULL,
  label text NOT NULL,
  issuer text NOT NULL,
  client_id text NOT NULL,
  -- Null: a public client, which has only PKCE.
  sealed_client_secret text,
  scopes text[] NOT NULL,
  username_claim text NOT NULL,
  groups_claim text,
  role_mappings jsonb NOT NULL,
  group_mappings jsonb NOT NULL,
  default_role text CHECK (default_role IN ('viewer', 'operator')),
  creates_users boolean NOT NULL,
  limits_new_users boolean NOT NULL,
  email_domains text[] NOT NULL,
  changed_at timestamptz(3) NOT NULL
);

ALTER TABLE users
  -- Whoever the provider proves to have this address is this user from then on. Only admins set it:
  -- `email` is the user's own to change, and would let them take in somebody else's account.
  ADD COLUMN oidc_email text CONSTRAINT users_oidc_email UNIQUE CHECK (oidc_email = lower(oidc_email));
