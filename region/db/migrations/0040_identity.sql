ALTER TABLE users
  -- Null: signs in elsewhere only.
  ALTER COLUMN password_hash DROP NOT NULL,
  ADD COLUMN display_name text NOT NULL DEFAULT '',
  ADD COLUMN email text NOT NULL DEFAULT '',
  ADD COLUMN is_disabled boolean NOT NULL DEFAULT false,
  -- A flag of its own: with the last of their pools gone, a user must not see everything.
  ADD COLUMN is_pool_limited boolean NOT NULL DEFAULT false,
  ADD COLUMN oidc_issuer text,
  ADD COLUMN oidc_subject text,
  ADD COLUMN last_sign_in_at timestamptz(3),
  ADD CONSTRAINT users_oidc UNIQUE (oidc_issuer, oidc_subject);

CREATE TABLE groups (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT groups_name UNIQUE,
  description text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL
);

CREATE TABLE group_members (
  group_id integer NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  user_id integer NOT NULL CONSTRAINT group_members_user REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE group_pools (
  group_id integer NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  pool_id integer NOT NULL CONSTRAINT group_pools_pool REFERENCES pools (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, pool_id)
);

CREATE TABLE user_pools (
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  pool_id integer NOT NULL CONSTRAINT user_pools_pool REFERENCES pools (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, pool_id)
);

-- Sessions from before have no beginning: their owners sign in once more.
DELETE FROM sessions;
ALTER TABLE sessions
  ADD COLUMN id serial NOT NULL CONSTRAINT sessions_id UNIQUE,
  ADD COLUMN created_at timestamptz(3) NOT NULL,
  ADD COLUMN last_used_at timestamptz(3) NOT NULL,
  ADD COLUMN idle_seconds integer NOT NULL,
  ADD COLUMN remote_address text,
  ADD COLUMN user_agent text NOT NULL DEFAULT '';
CREATE INDEX sessions_user ON sessions (user_id, id);

ALTER TABLE api_keys
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN scope text NOT NULL DEFAULT 'admin' CHECK (scope IN ('read', 'operate', 'admin')),
  ADD COLUMN expires_at timestamptz(3);
CREATE INDEX api_keys_user ON api_keys (user_id, id);

ALTER TABLE ssh_keys
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  ADD COLUMN created_at timestamptz(3) NOT NULL DEFAULT now();

-- Counted before the password is checked, so that guesses made at once count too.
CREATE TABLE sign_in_attempts (
  -- Whose and from where, as the service writes it.
  key text PRIMARY KEY,
  failures integer NOT NULL,
  last_at timestamptz(3) NOT NULL,
  blocked_until timestamptz(3) NOT NULL
);
CREATE INDEX sign_in_attempts_last ON sign_in_attempts (last_at);
