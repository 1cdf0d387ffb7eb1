-- Every request that makes something can be repeated, not machine actions only: its answer is kept.
ALTER TABLE repeatable_requests
  -- Which request it was: another one with the same key finds that it is not the first.
  ADD COLUMN id text,
  -- Null, like what follows it: it was carried out, and how it was answered is not known (yet).
  ADD COLUMN answer_status integer,
  ADD COLUMN sealed_answer text;
-- Their answers were never kept, and what they asked for was hashed otherwise.
DELETE FROM repeatable_requests;
ALTER TABLE repeatable_requests
  ALTER COLUMN id SET NOT NULL,
  ADD CONSTRAINT repeatable_requests_id UNIQUE (id),
  -- Whoever is removed while a request of theirs is under way must not make it fail; it is forgotten
  -- after a day like all others.
  DROP CONSTRAINT repeatable_requests_user_id_fkey;
