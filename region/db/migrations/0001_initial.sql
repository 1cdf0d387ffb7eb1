CREATE TABLE users (
  id serial PRIMARY KEY,
  username text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at timestamptz(3) NOT NULL
);

CREATE TABLE sessions (
  token_hash text PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE api_keys (
  id serial PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  prefix text NOT NULL UNIQUE,
  key_hash text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  last_used_at timestamptz(3)
);

CREATE TABLE ssh_keys (
  id serial PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key text NOT NULL,
  comment text NOT NULL,
  CONSTRAINT ssh_keys_user_key UNIQUE (user_id, key)
);

CREATE TABLE sites (
  id text PRIMARY KEY,
  name text NOT NULL CONSTRAINT sites_name UNIQUE,
  wanted_generation integer NOT NULL DEFAULT 1,
  published_generation integer NOT NULL DEFAULT 0,
  sealed_site_key text NOT NULL,
  enlist boolean NOT NULL DEFAULT true,
  created_at timestamptz(3) NOT NULL
);
-- tick() asks only for sites that are behind, and there are few.
CREATE INDEX sites_behind ON sites (id) WHERE published_generation < wanted_generation;

CREATE TABLE agents (
  id text PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id),
  hostname text NOT NULL,
  signing_jwk jsonb NOT NULL,
  jkt text NOT NULL CONSTRAINT agents_jkt UNIQUE,
  encryption_jwk jsonb NOT NULL,
  version text NOT NULL,
  enrolled_at timestamptz(3) NOT NULL,
  revoked_at timestamptz(3),
  acked_seq bigint NOT NULL DEFAULT 0,
  last_facts_at timestamptz(3)
);
CREATE INDEX agents_site ON agents (site_id);

CREATE TABLE join_tokens (
  id text PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  secret_hash text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  used_by_agent text REFERENCES agents (id)
);

CREATE TABLE images (
  id text PRIMARY KEY,
  product text NOT NULL,
  version text NOT NULL,
  title text NOT NULL,
  os text NOT NULL,
  release text NOT NULL,
  release_title text NOT NULL,
  architecture text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('os', 'bootloader')),
  files jsonb NOT NULL,
  kernel_options text NOT NULL DEFAULT '',
  source_url text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  CONSTRAINT images_product_version UNIQUE (product, version)
);

CREATE TABLE machines (
  id serial PRIMARY KEY,
  system_id text NOT NULL CONSTRAINT machines_system_id UNIQUE CHECK (length(system_id) = 6),
  site_id text NOT NULL REFERENCES sites (id),
  hostname text NOT NULL,
  architecture text NOT NULL,
  status text NOT NULL,
  status_changed_at timestamptz(3) NOT NULL,
  owner_user_id integer REFERENCES users (id) ON DELETE SET NULL,
  power_state text NOT NULL DEFAULT 'unknown' CHECK (power_state IN ('on', 'off', 'unknown')),
  power_state_at timestamptz(3),
  bmc jsonb,
  inventory jsonb,
  failure jsonb,
  image_id text REFERENCES images (id),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL,
  CONSTRAINT machines_site_hostname UNIQUE (site_id, hostname)
);

CREATE TABLE interfaces (
  id serial PRIMARY KEY,
  machine_id integer NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  site_id text NOT NULL REFERENCES sites (id),
  name text NOT NULL,
  mac text NOT NULL,
  CONSTRAINT interfaces_site_mac UNIQUE (site_id, mac)
);
CREATE INDEX interfaces_machine ON interfaces (machine_id);

CREATE TABLE subnets (
  id serial PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id),
  cidr text NOT NULL,
  gateway text,
  dns_servers text[] NOT NULL,
  domain text,
  dhcp boolean NOT NULL,
  lease_seconds integer NOT NULL,
  CONSTRAINT subnets_site_cidr UNIQUE (site_id, cidr)
);

CREATE TABLE ip_ranges (
  id serial PRIMARY KEY,
  subnet_id integer NOT NULL REFERENCES subnets (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('dynamic', 'reserved')),
  first text NOT NULL,
  last text NOT NULL
);
CREATE INDEX ip_ranges_subnet ON ip_ranges (subnet_id);

CREATE TABLE reservations (
  id serial PRIMARY KEY,
  subnet_id integer NOT NULL REFERENCES subnets (id) ON DELETE CASCADE,
  mac text NOT NULL,
  ipv4 text NOT NULL,
  CONSTRAINT reservations_subnet_mac UNIQUE (subnet_id, mac),
  CONSTRAINT reservations_subnet_ipv4 UNIQUE (subnet_id, ipv4)
);

CREATE TABLE leases (
  id bigserial PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id),
  ipv4 text NOT NULL,
  mac text NOT NULL,
  subnet_id integer NOT NULL,
  hostname text,
  given_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3)
);
CREATE UNIQUE INDEX leases_open ON leases (site_id, ipv4) WHERE ended_at IS NULL;
CREATE INDEX leases_site ON leases (site_id, id);

CREATE TABLE operations (
  id text PRIMARY KEY,
  machine_id integer NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  site_id text NOT NULL REFERENCES sites (id),
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'aborted')),
  plan jsonb,
  image_id text REFERENCES images (id),
  install_script text,
  ssh_keys jsonb,
  sealed_user_data text,
  requested_by integer REFERENCES users (id) ON DELETE SET NULL,
  idempotency_key text,
  request_hash text,
  asked_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3),
  deadline_at timestamptz(3),
  failure jsonb
);
CREATE UNIQUE INDEX operations_one_running ON operations (machine_id) WHERE state = 'running';
CREATE UNIQUE INDEX operations_idempotency ON operations (requested_by, idempotency_key);
CREATE INDEX operations_machine ON operations (machine_id, asked_at);
CREATE INDEX operations_site_running ON operations (site_id) WHERE state = 'running';

CREATE TABLE facts (
  agent_id text NOT NULL REFERENCES agents (id),
  seq bigint NOT NULL,
  at timestamptz(3) NOT NULL,
  kind text NOT NULL,
  system_id text,
  operation_id text,
  body jsonb NOT NULL,
  received_at timestamptz(3) NOT NULL,
  PRIMARY KEY (agent_id, seq)
);
CREATE INDEX facts_operation ON facts (operation_id, agent_id, seq) WHERE operation_id IS NOT NULL;
CREATE INDEX facts_machine ON facts (system_id, received_at) WHERE system_id IS NOT NULL;

CREATE TABLE events (
  id bigserial PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  site_id text REFERENCES sites (id),
  machine_id integer REFERENCES machines (id) ON DELETE SET NULL,
  operation_id text,
  level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  code text NOT NULL,
  message text NOT NULL
);
CREATE INDEX events_machine ON events (machine_id, id);
