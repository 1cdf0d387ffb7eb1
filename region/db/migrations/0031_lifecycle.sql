ALTER TABLE machines
  -- The statuses that it goes back to from Broken, tests and rescue mode; the innermost last.
  ADD COLUMN returns_to text[] NOT NULL DEFAULT '{}',
  -- What the person said who brought it into this status.
  ADD COLUMN status_comment text,
  -- In rescue mode: what it boots, and whose keys let in.
  ADD COLUMN rescue jsonb;
-- tick() looks for machines whose work was lost, and few machines are at work at any time.
CREATE INDEX machines_in_transit ON machines (id) WHERE status IN ('Commissioning', 'Deploying',
  'Releasing', 'Disk erasing', 'Entering rescue mode', 'Exiting rescue mode', 'Testing');

ALTER TABLE operations
  ADD COLUMN comment text,
  ADD COLUMN erase text CHECK (erase IN ('quick', 'secure', 'full')),
  ADD COLUMN scripts jsonb;

-- Requests that came with an Idempotency-Key, and what came of them.
CREATE TABLE repeatable_requests (
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key text NOT NULL,
  request_hash text NOT NULL,
  -- Null: it was done as soon as it was recorded.
  operation_id text REFERENCES operations (id) ON DELETE CASCADE,
  at timestamptz(3) NOT NULL,
  CONSTRAINT repeatable_requests_pkey PRIMARY KEY (user_id, key)
);
CREATE INDEX repeatable_requests_at ON repeatable_requests (at);
INSERT INTO repeatable_requests
  SELECT requested_by, idempotency_key, request_hash, id, asked_at FROM operations
  WHERE requested_by IS NOT NULL AND idempotency_key IS NOT NULL AND request_hash IS NOT NULL;
DROP INDEX operations_idempotency;
ALTER TABLE operations DROP COLUMN idempotency_key, DROP COLUMN request_hash;
