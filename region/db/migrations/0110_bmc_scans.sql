-- What a person asked a site to look for in a network: BMCs that no machine is known to have.
CREATE TABLE bmc_scans (
  id text PRIMARY KEY,
  site_id text NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
  cidr text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  asked_at timestamptz(3) NOT NULL,
  -- By the agent's clock; null: it is under way.
  ended_at timestamptz(3),
  -- Why it failed; null: it did not.
  message text,
  found jsonb NOT NULL DEFAULT '[]'
);

CREATE INDEX bmc_scans_site ON bmc_scans (site_id, asked_at);
