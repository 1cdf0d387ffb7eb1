-- What whoever has a machine says of it, in their own words: names to texts.
ALTER TABLE machines ADD COLUMN owner_data jsonb NOT NULL DEFAULT '{}';

-- Known, but not deployable: switches, appliances, people's own servers.
CREATE TABLE devices (
  id serial PRIMARY KEY,
  system_id text NOT NULL CONSTRAINT devices_system_id UNIQUE CHECK (length(system_id) = 6),
  site_id text NOT NULL REFERENCES sites (id),
  hostname text NOT NULL,
  description text NOT NULL DEFAULT '',
  zone_id integer NOT NULL DEFAULT 1 CONSTRAINT devices_zone REFERENCES zones (id) ON DELETE SET DEFAULT,
  -- The machine it is part of, such as a container's; it goes with it.
  parent_machine_id integer REFERENCES machines (id) ON DELETE CASCADE,
  owner_user_id integer REFERENCES users (id) ON DELETE SET NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL,
  CONSTRAINT devices_site_hostname UNIQUE (site_id, hostname)
);
CREATE INDEX devices_parent ON devices (parent_machine_id) WHERE parent_machine_id IS NOT NULL;

CREATE TABLE device_macs (
  device_id integer NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  site_id text NOT NULL REFERENCES sites (id),
  mac text NOT NULL,
  CONSTRAINT device_macs_site_mac PRIMARY KEY (site_id, mac)
);
CREATE INDEX device_macs_device ON device_macs (device_id);
