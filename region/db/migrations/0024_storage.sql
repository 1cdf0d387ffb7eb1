-- How the machine's disks shall be laid out; null: flat, on the first disk that is big enough.
ALTER TABLE machines ADD COLUMN storage jsonb;
