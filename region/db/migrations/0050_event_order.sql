-- An event gets a negative number when it is written and its place in the feed, a positive one, once
-- it is committed: see region/db/queries/event_feed.ts.
CREATE SEQUENCE events_unplaced;
ALTER TABLE events ALTER COLUMN id SET DEFAULT -nextval('events_unplaced');
CREATE INDEX events_site ON events (site_id, id);
CREATE INDEX events_at ON events (at, id);
