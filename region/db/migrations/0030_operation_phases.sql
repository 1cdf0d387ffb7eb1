-- Where an operation is, so that lists need no facts to say so.
ALTER TABLE operations
  ADD COLUMN phase text,
  ADD COLUMN phase_started_at timestamptz(3);
UPDATE operations SET phase = plan -> 'phases' -> 0 ->> 'name', phase_started_at = asked_at
  WHERE plan IS NOT NULL AND plan <> 'null'::jsonb;
