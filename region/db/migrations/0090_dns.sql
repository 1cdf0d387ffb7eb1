-- Names that machines and people's records are in.
CREATE TABLE dns_domains (
  id serial PRIMARY KEY,
  -- Lower case, A-labels, without the dot at the end.
  name text NOT NULL CONSTRAINT dns_domains_name UNIQUE CHECK (name = lower(name) AND length(name) <= 189),
  -- Seconds; null: the zone's own default.
  ttl integer CHECK (ttl BETWEEN 1 AND 604800),
  -- Whether the region makes its zone; false: others answer for it.
  is_authoritative boolean NOT NULL DEFAULT true,
  is_default boolean NOT NULL DEFAULT false,
  description text NOT NULL DEFAULT '',
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
-- Whoever nobody put elsewhere is in the default one, so there is always one.
CREATE UNIQUE INDEX dns_domains_one_default ON dns_domains (is_default) WHERE is_default;
-- ICANN keeps .internal for private use: it never exists outside.
INSERT INTO dns_domains (name, is_default) VALUES ('rackwright.internal', true);

CREATE TABLE dns_records (
  id serial PRIMARY KEY,
  domain_id integer NOT NULL REFERENCES dns_domains (id) ON DELETE CASCADE,
  -- Below the domain; @: the domain itself.
  name text NOT NULL,
  type text NOT NULL
    CHECK (type IN ('A', 'AAAA', 'CNAME', 'MX', 'NS', 'SRV', 'SSHFP', 'TXT')),
  data text NOT NULL,
  ttl integer CHECK (ttl BETWEEN 1 AND 604800),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
-- By a digest: a TXT record may be longer than an index takes.
CREATE UNIQUE INDEX dns_records_same ON dns_records (domain_id, name, type, md5(data));
CREATE INDEX dns_records_domain ON dns_records (domain_id, id);

-- Null: the default domain, whichever that is.
ALTER TABLE machines ADD COLUMN domain_id integer CONSTRAINT machines_domain REFERENCES dns_domains (id);
ALTER TABLE devices ADD COLUMN domain_id integer CONSTRAINT devices_domain REFERENCES dns_domains (id);
CREATE INDEX machines_domain_id ON machines (domain_id) WHERE domain_id IS NOT NULL;
CREATE INDEX devices_domain_id ON devices (domain_id) WHERE domain_id IS NOT NULL;
