-- Machines with greater numbers are still to be held against the tag's definition; null: none are.
ALTER TABLE tags ADD COLUMN pending_after_id integer;
CREATE INDEX tags_pending ON tags (id) WHERE pending_after_id IS NOT NULL;
