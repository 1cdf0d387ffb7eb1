-- At a site with several agents, the one that carries an operation out; null: the site has but one.
ALTER TABLE operations ADD COLUMN holder_agent_id text;
ALTER TABLE operations ADD COLUMN holder_since timestamptz(3);
-- Another had it before: what that one told is in the document, for the new one to go on from.
ALTER TABLE operations ADD COLUMN was_passed_on boolean NOT NULL DEFAULT false;
