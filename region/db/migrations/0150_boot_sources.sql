-- Where images come from, what is wanted of it, and how their files get here.
CREATE TABLE boot_sources (
  id text PRIMARY KEY,
  name text NOT NULL CONSTRAINT boot_sources_name UNIQUE,
  url text NOT NULL,
  -- Armored OpenPGP certificates of those who may sign the index; null: the source is taken unsigned.
  keyring text,
  selections jsonb NOT NULL,
  keep_versions integer NOT NULL CHECK (keep_versions BETWEEN 1 AND 20),
  -- Null: only when somebody asks.
  sync_minutes integer CHECK (sync_minutes >= 5),
  -- Null: as fast as it goes.
  bytes_per_second bigint CHECK (bytes_per_second > 0),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL
);

CREATE TABLE image_syncs (
  id text PRIMARY KEY,
  source_id text NOT NULL REFERENCES boot_sources (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  -- Null: the region, by the clock.
  asked_by text,
  wanted jsonb NOT NULL,
  skipped jsonb NOT NULL,
  -- What was missing when it began.
  total_bytes bigint NOT NULL,
  failure_code text,
  failure_message text,
  started_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3)
);
CREATE UNIQUE INDEX image_syncs_running ON image_syncs (source_id) WHERE state = 'running';
CREATE INDEX image_syncs_started ON image_syncs (started_at DESC, id);

CREATE TABLE image_sync_files (
  sync_id text NOT NULL REFERENCES image_syncs (id) ON DELETE CASCADE,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (sync_id, sha256)
);
CREATE INDEX image_sync_files_sha256 ON image_sync_files (sha256);

-- A file on its way into the object store; two syncs that want the same one share it.
CREATE TABLE blob_transfers (
  sha256 text PRIMARY KEY,
  bytes bigint NOT NULL,
  part_bytes integer NOT NULL,
  -- Null: somebody sends it, in parts, instead of the region fetching it.
  url text,
  bytes_per_second bigint,
  done_bytes bigint NOT NULL DEFAULT 0,
  -- All that ever came, twice what came twice.
  fetched_bytes bigint NOT NULL DEFAULT 0,
  is_done boolean NOT NULL DEFAULT false,
  attempts integer NOT NULL DEFAULT 0,
  problem text,
  next_attempt_at timestamptz(3) NOT NULL,
  lease_token text,
  lease_until timestamptz(3),
  touched_at timestamptz(3) NOT NULL
);
CREATE INDEX blob_transfers_due ON blob_transfers (next_attempt_at) WHERE NOT is_done;

-- Files that an image named which is gone; removed from the object store once nothing needs them.
CREATE TABLE blob_garbage (
  sha256 text PRIMARY KEY,
  since timestamptz(3) NOT NULL
);

-- An image that went stays as a row: machines and past operations name it.
ALTER TABLE images ADD COLUMN retired_at timestamptz(3);
ALTER TABLE images ADD COLUMN source_id text REFERENCES boot_sources (id) ON DELETE SET NULL;
ALTER TABLE images ADD COLUMN subarch text NOT NULL DEFAULT '';
ALTER TABLE images ADD COLUMN label text NOT NULL DEFAULT '';
-- The product's own fields in its tree, to be published as they came.
ALTER TABLE images ADD COLUMN stream_fields jsonb NOT NULL DEFAULT '{}';
CREATE INDEX images_source ON images (source_id);
