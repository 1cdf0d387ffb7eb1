-- What the agents of a site fetch before a machine asks: os/release of each; null: everything.
ALTER TABLE sites ADD COLUMN prefetch jsonb;
