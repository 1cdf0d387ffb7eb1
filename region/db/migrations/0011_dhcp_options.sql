CREATE TABLE dhcp_options (
  id serial PRIMARY KEY,
  -- For whom it is: at most one of these; none: for everybody.
  site_id text REFERENCES sites (id) ON DELETE CASCADE,
  subnet_id integer REFERENCES subnets (id) ON DELETE CASCADE,
  machine_id integer REFERENCES machines (id) ON DELETE CASCADE,
  code integer NOT NULL CHECK (code BETWEEN 1 AND 254),
  type text NOT NULL,
  value text NOT NULL,
  -- The value's bytes, made when it was saved.
  hex text NOT NULL,
  description text NOT NULL DEFAULT '',
  is_enabled boolean NOT NULL DEFAULT true,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT dhcp_options_one_scope CHECK (num_nonnulls(site_id, subnet_id, machine_id) <= 1)
);
-- One word for each option in each place.
CREATE UNIQUE INDEX dhcp_options_scope_code
  ON dhcp_options (coalesce(site_id, ''), coalesce(subnet_id, 0), coalesce(machine_id, 0), code);
CREATE INDEX dhcp_options_subnet ON dhcp_options (subnet_id) WHERE subnet_id IS NOT NULL;
CREATE INDEX dhcp_options_machine ON dhcp_options (machine_id) WHERE machine_id IS NOT NULL;
