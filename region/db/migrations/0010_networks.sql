CREATE TABLE spaces (
  id serial PRIMARY KEY,
  name text NOT NULL CONSTRAINT spaces_name UNIQUE,
  description text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE fabrics (
  id serial PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  name text NOT NULL,
  class_type text,
  description text NOT NULL DEFAULT '',
  is_default boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT fabrics_site_name UNIQUE (site_id, name)
);
CREATE UNIQUE INDEX fabrics_one_default ON fabrics (site_id) WHERE is_default;

CREATE TABLE vlans (
  id serial PRIMARY KEY,
  fabric_id integer NOT NULL CONSTRAINT vlans_fabric REFERENCES fabrics (id) ON DELETE CASCADE,
  -- Repeated from the fabric, so that what a site has is found in one step.
  site_id text NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  -- 0: frames without a tag.
  vid integer NOT NULL CHECK (vid BETWEEN 0 AND 4094),
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  mtu integer NOT NULL DEFAULT 1500 CHECK (mtu BETWEEN 552 AND 65535),
  dhcp boolean NOT NULL DEFAULT true,
  relay_vlan_id integer REFERENCES vlans (id) ON DELETE SET NULL,
  space_id integer REFERENCES spaces (id) ON DELETE SET NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT vlans_fabric_vid UNIQUE (fabric_id, vid)
);
CREATE INDEX vlans_site ON vlans (site_id);
CREATE INDEX vlans_space ON vlans (space_id) WHERE space_id IS NOT NULL;

-- Every site has a fabric with an untagged VLAN; subnets from before are in it.
INSERT INTO fabrics (site_id, name, is_default) SELECT id, 'default', true FROM sites;
INSERT INTO vlans (fabric_id, site_id, vid, name)
  SELECT id, site_id, 0, 'untagged' FROM fabrics WHERE is_default;

ALTER TABLE subnets
  ADD COLUMN vlan_id integer CONSTRAINT subnets_vlan REFERENCES vlans (id),
  ADD COLUMN name text NOT NULL DEFAULT '',
  ADD COLUMN description text NOT NULL DEFAULT '',
  ADD COLUMN dhcp_mode text NOT NULL DEFAULT 'serve' CHECK (dhcp_mode IN ('serve', 'proxy', 'off')),
  ADD COLUMN is_managed boolean NOT NULL DEFAULT true,
  ADD COLUMN ntp_servers text[] NOT NULL DEFAULT '{}',
  ADD COLUMN search_domains text[] NOT NULL DEFAULT '{}',
  ADD COLUMN classless_routes jsonb NOT NULL DEFAULT '[]';
UPDATE subnets SET vlan_id = vlans.id
  FROM vlans JOIN fabrics ON fabrics.id = vlans.fabric_id AND fabrics.is_default
  WHERE vlans.site_id = subnets.site_id;
UPDATE subnets SET dhcp_mode = CASE WHEN dhcp THEN 'serve' ELSE 'off' END, name = cidr;
ALTER TABLE subnets ALTER COLUMN vlan_id SET NOT NULL, DROP COLUMN dhcp;
CREATE INDEX subnets_vlan_id ON subnets (vlan_id);

ALTER TABLE ip_ranges
  ALTER COLUMN first TYPE inet USING first::inet,
  ALTER COLUMN last TYPE inet USING last::inet,
  ADD COLUMN comment text NOT NULL DEFAULT '';

-- Every address that is promised to somebody, whatever the promise is: so that one unique index
-- keeps an address from being given twice.
CREATE TABLE ip_addresses (
  id serial PRIMARY KEY,
  subnet_id integer NOT NULL REFERENCES subnets (id) ON DELETE CASCADE,
  ip inet NOT NULL,
  kind text NOT NULL CHECK (kind IN ('reservation', 'user')),
  mac text,
  hostname text,
  comment text NOT NULL DEFAULT '',
  user_id integer REFERENCES users (id) ON DELETE SET NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT ip_addresses_subnet_ip UNIQUE (subnet_id, ip),
  CONSTRAINT ip_addresses_reservation_has_mac CHECK (kind <> 'reservation' OR mac IS NOT NULL)
);
-- A client asks by its MAC, and there is one answer in each subnet.
CREATE UNIQUE INDEX ip_addresses_subnet_mac ON ip_addresses (subnet_id, mac)
  WHERE kind = 'reservation';
CREATE INDEX ip_addresses_mac ON ip_addresses (mac) WHERE mac IS NOT NULL;

INSERT INTO ip_addresses (id, subnet_id, ip, kind, mac, version)
  SELECT id, subnet_id, ipv4::inet, 'reservation', mac, version FROM reservations;
SELECT setval('ip_addresses_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM ip_addresses), false);
DROP TABLE reservations;

-- Which of a subnet's addresses are in use is asked at every allocation.
CREATE INDEX leases_subnet_open ON leases (subnet_id) WHERE ended_at IS NULL;
