CREATE TABLE audit_entries (
  id bigserial PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  -- History: no foreign keys, for it outlives whom and what it names.
  user_id integer,
  username text NOT NULL,
  remote_address text,
  request_id text,
  action text NOT NULL,
  kind text NOT NULL,
  object_id text NOT NULL,
  object_name text,
  before jsonb,
  after jsonb
);
CREATE INDEX audit_entries_object ON audit_entries (kind, object_id, id);

CREATE TABLE zones (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT zones_name UNIQUE,
  description text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
-- Everything is somewhere: what nobody places is in the first.
INSERT INTO zones (name, description) VALUES ('default', 'Where machines are until placed elsewhere');

CREATE TABLE pools (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT pools_name UNIQUE,
  description text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
INSERT INTO pools (name, description) VALUES ('default', 'Machines of nobody in particular');

CREATE TABLE tags (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT tags_name UNIQUE,
  comment text NOT NULL DEFAULT '',
  -- Null: put on machines by people.
  definition text,
  kernel_options text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE machine_tags (
  machine_id integer NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  tag_id integer NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  PRIMARY KEY (machine_id, tag_id)
);
CREATE INDEX machine_tags_tag ON machine_tags (tag_id, machine_id);

ALTER TABLE machines
  ADD COLUMN zone_id integer NOT NULL DEFAULT 1 REFERENCES zones (id),
  ADD COLUMN pool_id integer NOT NULL DEFAULT 1 REFERENCES pools (id),
  ADD COLUMN is_locked boolean NOT NULL DEFAULT false,
  ADD COLUMN description text NOT NULL DEFAULT '';

ALTER TABLE sites ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE subnets ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE ip_ranges ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE reservations ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN version integer NOT NULL DEFAULT 1;
