ALTER TABLE audit_entries
  -- Null until sealed: writers do not wait for each other, sealing follows within seconds.
  ADD COLUMN position bigint CONSTRAINT audit_entries_position UNIQUE,
  ADD COLUMN hash text,
  ADD CONSTRAINT audit_entries_sealed CHECK ((position IS NULL) = (hash IS NULL));
CREATE INDEX audit_entries_unsealed ON audit_entries (id) WHERE position IS NULL;
CREATE INDEX audit_entries_user ON audit_entries (user_id, id);
CREATE INDEX audit_entries_at ON audit_entries (at);

-- The region's signature over the chain up to a position; not by anybody who has only the database.
CREATE TABLE audit_seals (
  position bigint PRIMARY KEY,
  hash text NOT NULL,
  -- True: what stood up to here was removed on purpose, and the chain begins behind it.
  is_base boolean NOT NULL DEFAULT false,
  signed text NOT NULL,
  at timestamptz(3) NOT NULL
);
