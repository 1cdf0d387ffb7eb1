-- How a machine shall be connected: what it has (physical) and what is made of that, with addresses.
ALTER TABLE interfaces
  ADD COLUMN kind text NOT NULL DEFAULT 'physical'
    CHECK (kind IN ('physical', 'bond', 'bridge', 'vlan')),
  -- Null: nobody knows where it is plugged in. A VLAN's own interface cannot do without.
  ADD COLUMN vlan_id integer CONSTRAINT interfaces_vlan REFERENCES vlans (id) ON DELETE SET NULL,
  ADD COLUMN mtu integer CHECK (mtu BETWEEN 552 AND 65535),
  ADD COLUMN is_enabled boolean NOT NULL DEFAULT true,
  ADD COLUMN accept_ra boolean,
  -- Somebody chose its name; what commissioning finds does not change it.
  ADD COLUMN is_named boolean NOT NULL DEFAULT false,
  ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
  ADD COLUMN parameters jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  -- Null: that of its first parent.
  ALTER COLUMN mac DROP NOT NULL,
  DROP CONSTRAINT interfaces_site_mac,
  ADD CONSTRAINT interfaces_physical_has_mac CHECK (kind <> 'physical' OR mac IS NOT NULL),
  ADD CONSTRAINT interfaces_vlan_has_tag CHECK (kind <> 'vlan' OR vlan_id IS NOT NULL);
-- A bond may take the address of a member; a card belongs to one machine.
CREATE UNIQUE INDEX interfaces_site_mac ON interfaces (site_id, mac) WHERE kind = 'physical';
CREATE INDEX interfaces_vlan ON interfaces (vlan_id, machine_id) WHERE vlan_id IS NOT NULL;

CREATE TABLE interface_parents (
  interface_id integer NOT NULL REFERENCES interfaces (id) ON DELETE CASCADE,
  parent_id integer NOT NULL REFERENCES interfaces (id) ON DELETE CASCADE,
  PRIMARY KEY (interface_id, parent_id)
);
CREATE INDEX interface_parents_parent ON interface_parents (parent_id);

CREATE TABLE interface_links (
  id serial PRIMARY KEY,
  interface_id integer NOT NULL REFERENCES interfaces (id) ON DELETE CASCADE,
  mode text NOT NULL CHECK (mode IN ('auto', 'static', 'dhcp', 'link_up')),
  subnet_id integer CONSTRAINT interface_links_subnet REFERENCES subnets (id),
  is_default_gateway boolean NOT NULL DEFAULT false,
  CONSTRAINT interface_links_has_subnet CHECK (mode NOT IN ('auto', 'static') OR subnet_id IS NOT NULL)
);
CREATE INDEX interface_links_interface ON interface_links (interface_id);
CREATE INDEX interface_links_of_subnet ON interface_links (subnet_id) WHERE subnet_id IS NOT NULL;

-- The addresses of interfaces are promises like any other, in the one table that keeps an address
-- from being given twice; they go with their link.
ALTER TABLE ip_addresses
  DROP CONSTRAINT ip_addresses_kind_check,
  ADD CONSTRAINT ip_addresses_kind_check CHECK (kind IN ('reservation', 'user', 'static', 'auto')),
  ADD COLUMN link_id integer CONSTRAINT ip_addresses_link
    REFERENCES interface_links (id) ON DELETE CASCADE,
  ADD CONSTRAINT ip_addresses_link_has_kind
    CHECK ((kind IN ('static', 'auto')) = (link_id IS NOT NULL));
CREATE UNIQUE INDEX ip_addresses_one_per_link ON ip_addresses (link_id) WHERE link_id IS NOT NULL;
