-- What an admin has set; what is not here is at its default. A row whose value is null was reset, and
-- stays so that its version only ever rises.
CREATE TABLE settings (
  name text PRIMARY KEY,
  value jsonb,
  version integer NOT NULL,
  changed_at timestamptz(3) NOT NULL
);

-- Facts are appended in the order of this column: blocks of it are found by their extremes.
CREATE INDEX facts_received ON facts USING brin (received_at);
